package push

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"deskbell/app/desk"
)

// keys are the VAPID keys (RFC 8292), in unpadded base64url: a browser subscribes to the public one, and the push service
// takes only what the private one signed.
type keys struct {
	Private string `json:"private"` // 32 bytes
	Public  string `json:"public"`  // 65 bytes, an uncompressed point of P-256
}

// readKeys opens the keys, or makes them when there are none. They are sealed at rest; were they lost, every browser would
// have to subscribe again.
func readKeys(ctx context.Context, d *desk.Desk) (k keys, err error) {
	b, err := d.Secret(ctx, desk.System, "push", func() ([]byte, error) {
		private, err := ecdh.P256().GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		encode := base64.RawURLEncoding.EncodeToString
		return json.Marshal(keys{encode(private.Bytes()), encode(private.PublicKey().Bytes())})
	})
	if err == nil {
		err = json.Unmarshal(b, &k)
	}
	if err != nil {
		return k, fmt.Errorf("read the push keys: %w", err)
	}
	return k, nil
}

// Key is the public key that browsers subscribe with, as pushManager.subscribe takes it.
func (p *Push) Key() string { return p.keys.Public }
