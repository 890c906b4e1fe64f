package web

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
	"deskbell/app/view"
)

type setupPage struct {
	Page
	Name, AdminName, Email, Zone string
	Languages, Zones             []view.Option
	Code                         string // as the address that the log names says it
	AskCode                      bool   // it did not
}

// newSetup is there only while there is no agent.
func (w *Web) newSetup(c echo.Context) error {
	if needed, err := w.Desk.NeedsSetup(c.Request().Context(), desk.System); err != nil || !needed {
		return redirectOr(c, err, "/")
	}
	p := &setupPage{Zone: "UTC", Languages: languages(), Zones: zoneOptions("UTC")}
	w.readSetupCode(c, p)
	return w.show(c, "setup/company", p)
}

func (w *Web) setUp(c echo.Context) error {
	ctx := c.Request().Context()
	if needed, err := w.Desk.NeedsSetup(ctx, desk.System); err != nil || !needed {
		return redirectOr(c, err, "/")
	}
	p := &setupPage{Name: text(c, "company"), AdminName: text(c, "name"), Email: text(c, "email"), Zone: text(c, "time_zone"), Languages: languages()}
	p.Zones = zoneOptions(p.Zone)
	if fault := w.readSetupCode(c, p); fault != nil {
		return w.again(c, fault, "setup/company", p)
	}
	company := desk.Company{Name: p.Name, Locale: text(c, "locale"), TimeZone: p.Zone}
	logo, err := readLogo(c)
	if err != nil {
		return w.again(c, err, "setup/company", p)
	}
	password := c.FormValue("password")
	a, err := w.Desk.SetUp(ctx, desk.System, desk.Setup{Company: company, Name: p.AdminName, Email: p.Email, Password: password})
	if err != nil {
		return w.again(c, err, "setup/company", p)
	}
	if err := w.keepLogo(ctx, a.Actor(), company, logo); err != nil {
		w.Log.Warn("web: keep the logo of the set-up", "err", err)
	}
	in := credentials(c)
	in.Email, in.Password = a.Email, password
	token, _, err := w.Desk.LogIn(ctx, desk.System, in)
	if err != nil {
		return err
	}
	w.startSession(c, token, false)
	return c.Redirect(http.StatusSeeOther, "/admin/widgets/new?setup=2")
}

// readSetupCode looks whether the one who sets the desk up may: he has the code, or sits at this very machine. Anybody can open a new desk
// whose address is known, and names with certificates are public within minutes.
func (w *Web) readSetupCode(c echo.Context, p *setupPage) error {
	p.Code = text(c, "code")
	known := subtle.ConstantTimeCompare([]byte(p.Code), []byte(w.SetupCode)) == 1
	if w.SetupCode == "" || w.here(c) || known {
		return nil
	}
	p.AskCode = true
	return desk.Invalid("code", "fault.setup_code_wrong")
}

// here says whether a request comes from this machine's own browser: not through a proxy on it, which asks for others and says for whom, and
// not by a strange name, under which a page of somebody else's can ask in that browser.
func (w *Web) here(c echo.Context) bool {
	r := c.Request()
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	own, err := url.Parse(w.URL)
	return loopback(c.RealIP()) && err == nil && (r.Host == own.Host || hostOf(r.Host) == "localhost" || loopback(hostOf(r.Host)))
}

func loopback(address string) bool {
	a, err := netip.ParseAddr(address)
	return err == nil && a.Unmap().IsLoopback()
}

// hostOf is a Host without its port.
func hostOf(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

const logoLimit = 2 << 20

var errLogo = desk.Invalid("logo", "fault.logo_wrong")

func readLogo(c echo.Context) ([]byte, error) { return readPicture(c, "logo") }

// readPicture reads a picture of the form; nil when none was chosen.
func readPicture(c echo.Context, name string) ([]byte, error) {
	file, err := c.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if file.Size == 0 {
		return nil, nil
	}
	f, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, logoLimit+1))
	kind := http.DetectContentType(b)
	if err != nil || len(b) > logoLimit || kind != "image/png" && kind != "image/jpeg" && kind != "image/gif" {
		return nil, desk.Invalid(name, "fault.logo_wrong")
	}
	return b, nil
}

func (w *Web) keepLogo(ctx context.Context, by desk.Actor, company desk.Company, logo []byte) error {
	if logo == nil {
		return nil
	}
	f, err := w.Desk.Upload(ctx, by, "logo", bytes.NewReader(logo))
	if err != nil {
		return err
	}
	company.LogoFile = f.ID
	return w.Desk.ChangeCompany(ctx, by, company)
}

// logo is the company's picture, for everyone who sees its pages.
func (w *Web) logo(c echo.Context) error {
	id := visitOf(c).company.LogoFile
	if id == "" {
		return desk.NotFound
	}
	f, r, err := w.Desk.OpenFile(c.Request().Context(), desk.System, id, true)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Content-Type", pictureType(f))
	_, err = io.Copy(c.Response(), r)
	return err
}

// pictureType is the type under which a picture (or its small copy) may be shown.
func pictureType(f *desk.File) string {
	if strings.HasPrefix(f.ContentType, "image/") && f.Width > 0 && f.Thumb == nil {
		return f.ContentType
	}
	return "image/jpeg"
}
