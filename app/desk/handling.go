package desk

import "context"

// Handling is how the company wants conversations to be handled.
type Handling struct {
	TagRequired bool `json:"tag_required"` // before an agent closes one
}

// Handling answers how conversations are to be handled; every agent may know.
func (d *Desk) Handling(ctx context.Context, by Actor) (Handling, error) {
	if by.Kind == ByCustomer {
		return Handling{}, Forbidden
	}
	return readHandling(ctx, d.read())
}

func readHandling(ctx context.Context, r reader) (Handling, error) {
	var h Handling
	err := readSetting(ctx, r, "handling", &h)
	return h, err
}

// ChangeHandling stores how conversations are to be handled from now on.
func (d *Desk) ChangeHandling(ctx context.Context, by Actor, h Handling) error {
	if err := by.Can(ManageCompany); err != nil {
		return err
	}
	return d.Write(ctx, by, func(tx *Tx) error {
		if err := tx.set("handling", h); err != nil {
			return err
		}
		return tx.Record(SettingChanged, 0, 0, Facts{"setting": "handling"})
	})
}
