package desk

import (
	"context"
	"strings"
)

// Missing are the things that the widget asks for before a chat and that are not known of the customer yet: name, email, phone, company.
// With must those alone without which no chat begins.
func (w *Widget) Missing(c *Customer, must bool) (names []string) {
	known := map[string]string{"name": c.Name, "email": c.Email, "phone": c.Phone, "company": c.Company}
	for _, name := range Asked {
		if how := w.Ask[name]; known[name] == "" && (how == "must" || how == "may" && !must) {
			names = append(names, name)
		}
	}
	return names
}

// Introduce stores what a visitor says of himself in the form before a chat. It fills what is empty and overwrites nothing; what the widget
// must know is to be there.
func (d *Desk) Introduce(ctx context.Context, by Actor, id InboxID, said Customer) (*Customer, error) {
	if by.Customer() == 0 {
		return nil, Forbidden
	}
	company, err := d.Company(ctx, by)
	if err != nil {
		return nil, err
	}
	var told, known Customer
	ch := CustomerChange{Name: &said.Name, Email: &said.Email, Phone: &said.Phone, Company: &said.Company}
	if _, err := ch.apply(&told); err != nil {
		return nil, err
	}
	err = d.Write(ctx, by, func(tx *Tx) error {
		inbox, err := findInbox(ctx, tx, id)
		if err != nil {
			return err
		}
		w, err := WidgetOf(inbox)
		if err != nil {
			return err
		}
		c, err := findCustomer(ctx, tx, by.Customer())
		if err != nil {
			return err
		}
		var faults check
		if told.Phone != "" && !isPhone(told.Phone, company.Locale == "zh-CN") {
			faults.fault("phone", "fault.phone_wrong")
		}
		said := map[string]string{"name": told.Name, "email": told.Email, "phone": told.Phone, "company": told.Company}
		for _, name := range w.Missing(c, true) {
			if said[name] == "" {
				faults.fault(name, "fault.needed")
			}
		}
		if err := faults.err(); err != nil {
			return err
		}
		known = *c
		return tx.completeProfile(&known, told)
	})
	return &known, err
}

// mayBegin says whether the customer may begin a chat: he has said who he is where that is asked, and the queue has room.
func (tx *Tx) mayBegin(ctx context.Context, customer *Customer, inbox *Inbox, in Incoming) error {
	if err := tx.introduced(customer, inbox, in); err != nil {
		return err
	}
	return tx.queueHasRoom(ctx)
}

// introduced refuses a chat with somebody who has not said what the widget must know. Cards, which the page sends by itself, are no chat.
func (tx *Tx) introduced(customer *Customer, inbox *Inbox, in Incoming) error {
	if tx.by.Kind != ByCustomer || inbox.Channel != Webchat || in.Meta.Card != nil || in.Ticket != nil {
		return nil
	}
	w, err := WidgetOf(inbox)
	if err == nil && len(w.Missing(customer, true)) > 0 {
		err = Conflict("error.introduce_yourself")
	}
	return err
}

// isPhone tells a telephone number; without a country's own code a Chinese company expects a mainland mobile number.
func isPhone(n string, chinese bool) bool {
	if chinese && (!strings.HasPrefix(n, "+") || strings.HasPrefix(n, "+86")) {
		return mainland.MatchString(strings.ReplaceAll(n, " ", ""))
	}
	return overseas.MatchString(n)
}
