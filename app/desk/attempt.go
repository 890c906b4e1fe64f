package desk

import (
	"context"
	"time"
)

// Tried is one attempt to deliver a message, and what the other side said.
type Tried struct {
	N      int
	At     time.Time
	Code   int    // the server's, 0 when it gave none
	Answer string // its words, or what went wrong on the way
}

// Road is a delivery with its attempts, the oldest first.
type Road struct {
	Delivery
	Tried []Tried
}

// roadsMost is how many attempts of one delivery are told: the newest. One is tried for five days, then somebody has to want it again.
const roadsMost = 200

// Roads tells how a message came to each of its recipients, or is on its way.
func (d *Desk) Roads(ctx context.Context, by Actor, id MessageID) ([]Road, error) {
	m, err := d.Message(ctx, by, id)
	if err != nil {
		return nil, err
	}
	var list []Road
	for _, one := range m.Deliveries {
		rows, err := d.read().QueryContext(ctx, "select n, at, code, answer from (select n, at, code, answer from attempts where delivery_id = ? order by n desc limit ?) order by n", one.ID, roadsMost)
		tried, err := collect(rows, err, func(row scanner) (t Tried, err error) {
			var ms int64
			err = row.Scan(&t.N, &ms, &t.Code, &t.Answer)
			t.At = at(ms)
			return t, err
		})
		if err != nil {
			return nil, err
		}
		list = append(list, Road{one, tried})
	}
	return list, nil
}
