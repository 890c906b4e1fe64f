package desk

import (
	"fmt"
	"math"
	"strconv"
)

// Readable is the least contrast between text and what is behind it (WCAG 2.2, 1.4.3).
const Readable = 4.5

// DefaultColor is a widget's colour when none was chosen.
const DefaultColor = "#0b5c6b"

// Inks are what a widget writes with on its colour when no ink was chosen: the first that can be read.
var inks = []string{"#ffffff", "#1d1c1a"}

// InkOn is what the widget writes with on its colour: the ink that was chosen, else white where that can be read, else near-black.
// static/widget/color.js says the same.
func (w *Widget) InkOn() string {
	color := w.colorOr()
	if colour.MatchString(w.Ink) {
		return w.Ink
	}
	if Contrast(inks[0], color) >= Readable {
		return inks[0]
	}
	return inks[1]
}

func (w *Widget) colorOr() string {
	if colour.MatchString(w.Color) {
		return w.Color
	}
	return DefaultColor
}

// Legible is the contrast of the widget's words on its colour, and, when they cannot be read, the nearest darker or lighter colour on which
// they could be.
func (w *Widget) Legible() (ratio float64, better string) {
	color, ink := w.colorOr(), w.InkOn()
	if ratio = Contrast(ink, color); ratio >= Readable {
		return ratio, ""
	}
	ways := []float64{0, 255} // towards black under a light ink, towards white under a dark one; then the other way round
	if luminance(ink) < luminance(color) {
		ways = []float64{255, 0}
	}
	for _, end := range ways {
		for step := 1.0; step <= 100; step++ {
			if better = mix(color, end, step/100); Contrast(ink, better) >= Readable {
				return ratio, better
			}
		}
	}
	return ratio, ""
}

// mix moves each channel of a colour by a part of the way to an end, 0 or 255.
func mix(color string, end, part float64) string {
	c := channels(color)
	for i := range c {
		c[i] = math.Round(c[i] + (end-c[i])*part)
	}
	return fmt.Sprintf("#%02x%02x%02x", int(c[0]), int(c[1]), int(c[2]))
}

// Contrast is the ratio between two colours #rrggbb, 1 to 21 (WCAG 2.2, contrast ratio).
func Contrast(a, b string) float64 {
	one, two := luminance(a)+0.05, luminance(b)+0.05
	return max(one, two) / min(one, two)
}

func luminance(color string) float64 {
	c := channels(color)
	for i, v := range c {
		if v /= 255; v <= 0.04045 {
			c[i] = v / 12.92
		} else {
			c[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
}

// channels are red, green and blue of #rrggbb, 0 to 255.
func channels(color string) (c [3]float64) {
	for i := range c {
		if len(color) == 7 {
			n, _ := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8) // what is no colour is black
			c[i] = float64(n)
		}
	}
	return c
}
