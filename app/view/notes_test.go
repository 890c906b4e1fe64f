package view

import "testing"

func TestNotes(t *testing.T) {
	link := `<a href="https://tea.example/a" target="_blank" rel="noopener noreferrer nofollow">https://tea.example/a</a>`
	for text, want := range map[string]string{
		"":                                   "",
		"one\ntwo\n\nthree":                  "<p>one<br>two</p><p>three</p>",
		"# Returns\nwithin 30 days\n## 退货\n": "<h3>Returns</h3><p>within 30 days</p><h3>退货</h3>",
		"by\r\n- a\r\n* b\n  • c\nand":       "<p>by</p><ul><li>a</li><li>b</li><li>c</li></ul><p>and</p>",
		"**never** give **two** codes":       "<p><b>never</b> give <b>two</b> codes</p>",
		"2 ** 3, **** and more":              "<p>2 ** 3, **** and more</p>",
		"see **https://tea.example/a**":      "<p>see <b>" + link + "</b></p>",
		"#1 and -5 and *":                    "<p>#1 and -5 and *</p>",
		"# <script>alert(1)</script>\n- <img src=x onerror=alert(1)>\n**<b>**": "<h3>&lt;script&gt;alert(1)&lt;/script&gt;</h3><ul><li>&lt;img src=x onerror=alert(1)&gt;</li></ul><p><b>&lt;b&gt;</b></p>",
		"[x](javascript:alert(1)) javascript:alert(1)":                         "<p>[x](javascript:alert(1)) javascript:alert(1)</p>",
	} {
		if got := string(notes(text)); got != want {
			t.Errorf("%q is\n%s, want\n%s", text, got, want)
		}
	}
}
