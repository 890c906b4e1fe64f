// Package region names where an address is, out of a file in the MaxMind DB format that the operator gave: GeoLite2 City, DB-IP City
// and others of their form. Without a file nobody knows.
package region

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Regions is an open file.
type Regions struct{ db *maxminddb.Reader }

// Open opens the file; its bytes stay on disk (mmap). An empty name opens none, and knows nothing.
func Open(file string) (*Regions, error) {
	if file == "" {
		return &Regions{}, nil
	}
	db, err := maxminddb.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return &Regions{db}, nil
}

// Close gives the file back.
func (r *Regions) Close() error {
	if r == nil || r.db == nil {
		return nil
	}
	return r.db.Close()
}

type names struct {
	Names map[string]string `maxminddb:"names"`
}

type record struct {
	Country      names   `maxminddb:"country"`
	Subdivisions []names `maxminddb:"subdivisions"`
	City         names   `maxminddb:"city"`
}

// Name is the place of an address, the largest part first in Chinese and last in other languages: "中国 浙江 杭州",
// "Hangzhou, Zhejiang, China". Empty when the file does not know it, or what came was no address.
func (r *Regions) Name(ip, lang string) string {
	addr, err := netip.ParseAddr(ip)
	if r == nil || r.db == nil || err != nil {
		return ""
	}
	var found record
	if err := r.db.Lookup(addr.Unmap()).Decode(&found); err != nil {
		return "" // a spoilt file is no reason to show nothing else
	}
	list := []names{found.Country}
	if len(found.Subdivisions) > 0 {
		list = append(list, found.Subdivisions[0])
	}
	var parts []string
	for _, n := range append(list, found.City) {
		if s := n.in(lang); s != "" && !slices.Contains(parts, s) { // Beijing lies in Beijing
			parts = append(parts, s)
		}
	}
	if strings.HasPrefix(lang, "zh") {
		return strings.Join(parts, " ")
	}
	slices.Reverse(parts)
	return strings.Join(parts, ", ")
}

func (n names) in(lang string) string {
	if s := n.Names[lang]; s != "" {
		return s
	}
	return n.Names["en"]
}
