package push

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"deskbell/app/desk"
	"deskbell/app/netguard"
)

// reachMost bounds how many services are tried: browsers name them, and most name the same few.
const reachMost = 8

// Reached is a push service, and whether it answers here.
type Reached struct {
	Service  string // its host
	Browsers int    // that are reached by it
	Err      error  // nil: it answers
}

// Reach asks the push services of most browsers, agents' and visitors', whether they answer; it pushes nothing. Some networks let one of
// them through and not the other.
func Reach(ctx context.Context, d *desk.Desk, guard *netguard.Guard) ([]Reached, error) {
	roots, list, err := services(ctx, d)
	if err != nil {
		return nil, err
	}
	client := newClient(guard)
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range list {
		all.Go(func() { list[i].Err = answers(ctx, client, roots[i]) })
	}
	all.Wait()
	return list, nil
}

// services are those that most browsers name, and their addresses.
func services(ctx context.Context, d *desk.Desk) (roots []string, list []Reached, err error) {
	rows, err := d.DB().Readers().QueryContext(ctx, "select endpoint from push_subscriptions union all select endpoint from visitor_browsers")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	of := map[string]int{}
	for rows.Next() {
		var endpoint string
		if err := rows.Scan(&endpoint); err != nil {
			return nil, nil, err
		}
		if u, err := url.Parse(endpoint); err == nil {
			root := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/"}
			of[root.String()]++
		}
	}
	for root := range of {
		roots = append(roots, root)
	}
	slices.SortFunc(roots, func(a, b string) int { return cmp.Or(cmp.Compare(of[b], of[a]), cmp.Compare(a, b)) })
	roots = roots[:min(len(roots), reachMost)]
	for _, root := range roots {
		u, err := url.Parse(root)
		if err != nil {
			return nil, nil, err
		}
		list = append(list, Reached{Service: u.Host, Browsers: of[root]})
	}
	return roots, list, rows.Err()
}

// answers says why nothing answers at an address; whatever is answered will do.
func answers(ctx context.Context, client client, root string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, root, nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if outer := (*url.Error)(nil); errors.As(err, &outer) {
		return outer.Err
	}
	if err != nil {
		return err
	}
	return res.Body.Close()
}
