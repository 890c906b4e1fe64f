package sqlite

import "testing"

// Holds says of a text what the index says.
func TestHoldsLikeTheIndex(t *testing.T) {
	for _, c := range []struct {
		text, asked string
		want        bool
	}{
		{"Café au lait", "cafe", true}, {"Cafe au lait", "CAFÉ", true}, {"Café au lait", "lait au", true}, {"Café au lait", "eau", false}, {"Café au lait", "é", true},
		{"欧阳明华", "明华", true}, {"欧阳明华", "阳", true}, {"欧阳明华", "华明", false}, {"O'Brien", "o'b", true}, {"O'Brien", "obrien", false},
		{"a b c d e f g h i j", "a b c d e f g h i j zzz", true}, {"", "a", false},
	} {
		if got := Holds(c.text, c.asked); got != c.want {
			t.Errorf("%q in %q: %v", c.asked, c.text, got)
		}
	}
}
