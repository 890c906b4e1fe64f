package push

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// pushed is one notification as a browser gets it, with what its push service was told.
type pushed struct {
	Notice
	ttl, urgency, topic string
}

// browser is a push service and the browser behind it: it checks the signature as a push service does (RFC 8292) and
// decrypts as a browser does (RFC 8291, RFC 8188).
type browser struct {
	*httptest.Server
	t         testing.TB
	publicKey func() string
	private   *ecdh.PrivateKey
	secret    []byte

	mu     sync.Mutex
	status int
	got    []pushed
}

func newBrowser(t testing.TB, publicKey func() string) *browser {
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, publicKey: publicKey, private: private, secret: make([]byte, 16), status: http.StatusCreated}
	rand.Read(b.secret)
	b.Server = httptest.NewServer(b)
	t.Cleanup(b.Close)
	return b
}

func (b *browser) subscription() Subscription {
	s := Subscription{Endpoint: b.URL + "/push/" + rand.Text()}
	s.Keys.P256dh = base64.RawURLEncoding.EncodeToString(b.private.PublicKey().Bytes())
	s.Keys.Auth = base64.RawURLEncoding.EncodeToString(b.secret)
	return s
}

// answer sets the status of the next answers.
func (b *browser) answer(status int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.status = status
}

// shown takes the notifications that came since it was last asked.
func (b *browser) shown() []pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	got := b.got
	b.got = nil
	return got
}

func (b *browser) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 5000))
	if err != nil {
		b.t.Error(err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.checkSignature(r); err != nil {
		b.t.Errorf("VAPID: %v", err)
		w.WriteHeader(http.StatusForbidden)
		return
	}
	if b.status != http.StatusCreated {
		w.WriteHeader(b.status)
		return
	}
	plain, err := b.decrypt(body)
	if err != nil || len(body) > 4096 || r.Header.Get("Content-Encoding") != "aes128gcm" {
		b.t.Errorf("a push of %d bytes, %s: %v", len(body), r.Header.Get("Content-Encoding"), err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p := pushed{ttl: r.Header.Get("TTL"), urgency: r.Header.Get("Urgency"), topic: r.Header.Get("Topic")}
	if err := json.Unmarshal(plain, &p.Notice); err != nil {
		b.t.Error(err)
	}
	b.got = append(b.got, p)
	w.WriteHeader(http.StatusCreated)
}

// checkSignature is RFC 8292: an ES256 token about this push service, signed by the key that the browser subscribed to.
func (b *browser) checkSignature(r *http.Request) error {
	credentials, ok := strings.CutPrefix(r.Header.Get("Authorization"), "vapid ")
	if !ok {
		return errors.New("no vapid scheme")
	}
	param := map[string]string{}
	for part := range strings.SplitSeq(credentials, ",") {
		k, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		param[k] = v
	}
	if param["k"] != b.publicKey() {
		return errors.New("another key than the browser subscribed to")
	}
	key, err := decode(param["k"])
	if err != nil {
		return err
	}
	part := strings.Split(param["t"], ".")
	if len(part) != 3 {
		return errors.New("no token")
	}
	sum := sha256.Sum256([]byte(part[0] + "." + part[1]))
	signature, err := decode(part[2])
	if err != nil || len(signature) != 64 {
		return fmt.Errorf("a signature of %d bytes: %v", len(signature), err)
	}
	public := &ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(key[1:33]), Y: new(big.Int).SetBytes(key[33:])}
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return errors.New("the signature is wrong")
	}
	var claims struct {
		Aud, Sub string
		Exp      int64
	}
	text, err := decode(part[1])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return err
	}
	until := time.Until(time.Unix(claims.Exp, 0))
	if claims.Aud != b.URL || claims.Sub != "mailto:desk@tea.example" || until < 0 || until > 24*time.Hour {
		return fmt.Errorf("claims %+v", claims)
	}
	return nil
}

// decrypt reads one record of aes128gcm (RFC 8188 section 2) with keys as RFC 8291 section 3.4 derives them.
func (b *browser) decrypt(body []byte) ([]byte, error) {
	if len(body) < 21+65 {
		return nil, errors.New("too short")
	}
	salt, size, idLen := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	sender, err := ecdh.P256().NewPublicKey(body[21 : 21+idLen])
	if err != nil {
		return nil, err
	}
	record := body[21+idLen:]
	if len(record) > int(size) {
		return nil, errors.New("more than one record")
	}
	shared, err := b.private.ECDH(sender)
	if err != nil {
		return nil, err
	}
	derive := func(secret, salt []byte, info string, n int) []byte {
		key, err := hkdf.Key(sha256.New, secret, salt, info, n)
		if err != nil {
			b.t.Fatal(err)
		}
		return key
	}
	ikm := derive(shared, b.secret, "WebPush: info\x00"+string(b.private.PublicKey().Bytes())+string(sender.Bytes()), 32)
	block, err := aes.NewCipher(derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, derive(ikm, salt, "Content-Encoding: nonce\x00", 12), record, nil)
	if err != nil {
		return nil, err
	}
	text, ok := strings.CutSuffix(strings.TrimRight(string(plain), "\x00"), "\x02")
	if !ok {
		return nil, errors.New("no delimiter of a last record")
	}
	return []byte(text), nil
}

func (b *browser) peek() []pushed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.got
}
