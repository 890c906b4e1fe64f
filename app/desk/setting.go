package desk

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Company is what the desk knows of the company that runs it.
type Company struct {
	Name     string `json:"name"`
	LogoFile string `json:"logo_file,omitempty"` // a file's public id
	Locale   string `json:"locale"`              // en or zh-CN
	TimeZone string `json:"time_zone"`           // IANA name
	Phone    string `json:"phone,omitempty"`
	Address  string `json:"address,omitempty"`

	TwoFactor string `json:"two_factor,omitempty"` // who must have a second step at log-in: nobody (empty), admins, all

	CustomersPage bool `json:"customers_page,omitempty"` // agents have a page of the customers whom they have served; admins always have one of all
}

// RequiresTwoFactor says whether an agent of this role must have a second step.
func (c Company) RequiresTwoFactor(r Role) bool {
	return c.TwoFactor == "all" || c.TwoFactor == "admins" && r == Admin
}

// Locales are the languages of pages, mails and notifications.
var Locales = []string{"en", "zh-CN"}

// KnownLocale says whether the desk speaks it.
func KnownLocale(l string) bool {
	return slices.Contains(Locales, l)
}

func checkCompany(c *Company) error {
	c.Name = strings.TrimSpace(c.Name)
	var ch check
	if c.Name == "" {
		ch.fault("company", "fault.company_name_missing")
	}
	if utf8.RuneCountInString(c.Name) > 80 {
		ch.fault("company", "fault.too_long", 80)
	}
	if !KnownLocale(c.Locale) {
		ch.fault("locale", "fault.locale_unknown")
	}
	if c.TwoFactor != "" && c.TwoFactor != "admins" && c.TwoFactor != "all" {
		ch.fault("two_factor", "fault.choice_unknown")
	}
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "" || c.TimeZone == "Local" {
		ch.fault("time_zone", "fault.time_zone_unknown")
	}
	return ch.err()
}

// Company answers the company's data; everyone may see it.
func (d *Desk) Company(ctx context.Context, _ Actor) (Company, error) {
	c := Company{Locale: "en", TimeZone: "UTC"}
	err := d.setting(ctx, "company", &c)
	return c, err
}

// ChangeCompany stores the company's data.
func (d *Desk) ChangeCompany(ctx context.Context, by Actor, c Company) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	if err := checkCompany(&c); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error { return tx.changeSetting(ctx, "company", &Company{}, c) })
}

// setting reads one setting into v, which keeps its value when there is none.
func (d *Desk) setting(ctx context.Context, name string, v any) error {
	return readSetting(ctx, d.read(), name, v)
}

func readSetting(ctx context.Context, r reader, name string, v any) error {
	var text string
	err := r.QueryRowContext(ctx, "select value from settings where name = ?", name).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(text), v)
}

func (tx *Tx) set(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Exec("insert into settings(name, value) values (?, ?) on conflict(name) do update set value = excluded.value", name, string(text))
	return err
}

// Secret reads a secret of the program (such as the push keys), making it with make when there is none yet.
func (d *Desk) Secret(ctx context.Context, by Actor, name string, fresh func() ([]byte, error)) ([]byte, error) {
	if !by.isSystem() {
		return nil, Forbidden
	}
	var plain []byte
	err := d.Write(ctx, by, func(tx *Tx) error {
		where := "setting secret." + name
		var text string
		if err := readSetting(ctx, tx, "secret."+name, &text); err != nil {
			return err
		}
		if text != "" {
			sealed, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return err
			}
			plain, err = d.box.Unseal(sealed, where)
			return err
		}
		var err error
		if plain, err = fresh(); err != nil {
			return err
		}
		return tx.set("secret."+name, base64.StdEncoding.EncodeToString(d.box.Seal(plain, where)))
	})
	return plain, err
}
