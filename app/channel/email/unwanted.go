package email

import (
	"context"
	"crypto/sha256"
	"fmt"

	"deskbell/app/channel"
	"deskbell/app/desk"
	"deskbell/app/mail"
)

// sameWords is how often a sender may say the same within an hour: programs that answer each other say it until somebody ends it.
const sameWords = 5

// unwanted settles what is to become no message: the doctor's probes, reports, what answers the desk's own mail, our own mail that came back, whom
// somebody has blocked, and who writes too much. All of it stands in the ledger with its cause and can be brought back.
func (k *intake) unwanted(ctx context.Context, tx *desk.Tx, a *arrival) (done bool, err error) {
	if probe := k.c.probeOf(a.msg); probe != "" {
		a.row.State, a.row.Cause, a.row.Detail = channel.Filed, channel.CauseProbe, probe
		return true, nil
	}
	if a.msg.Bounce != nil {
		return true, k.bounce(ctx, tx, a)
	}
	if answer, err := k.answersSystemMail(tx, a); answer || err != nil {
		return answer, err
	}
	aside := func(cause, detail string) (bool, error) {
		a.row.State, a.row.Cause, a.row.Detail = channel.SetAside, cause, detail
		return true, nil
	}
	blocked, why, err := tx.SenderBlocked(ctx, a.row.Address)
	if err != nil {
		return false, err
	}
	if blocked {
		return aside(channel.CauseBlocked, why)
	}
	if a.row.Account == "" || a.row.ReceivedAt.IsZero() {
		return false, nil
	}
	all, same, err := k.c.ledger.Lately(tx, &a.row)
	switch limit := k.box.flood(); {
	case err != nil:
		return false, err
	case limit > 0 && all >= limit:
		return aside(channel.CauseFlood, fmt.Sprintf("%d/h", limit))
	case same >= sameWords:
		return aside(channel.CauseLoop, "")
	}
	return false, nil
}

// flood is how many mails of one sender are taken in an hour; 0: any number.
func (m mailbox) flood() int {
	switch {
	case m.Flood == 0:
		return desk.DefaultFlood
	case m.Flood < 0:
		return 0
	}
	return m.Flood
}

// wordSum sums up what somebody newly wrote; nil when he wrote nothing, as who sends a file alone.
func wordSum(m *mail.Message) []byte {
	visible, _ := m.Words()
	if visible = words(visible); visible == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(visible))
	return sum[:]
}
