package demo

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math"
)

// teaField paints rows of tea on hills under a morning sky: a picture of our own to send in the demo.
func teaField() []byte {
	const w, h = 960, 576
	im := image.NewRGBA(image.Rect(0, 0, w, h))
	hills := []color.RGBA{{201, 216, 182, 255}, {160, 186, 136, 255}, {125, 154, 95, 255}, {98, 130, 78, 255}, {78, 107, 60, 255}}
	for x := range w {
		for y := range h {
			im.Set(x, y, color.RGBA{uint8(214 + 30*y/h), uint8(228 + 12*y/h), 236, 255})
		}
		for i, c := range hills {
			f := float64(i)
			top := 170 + f*70 + 40*math.Sin(float64(x)/(170-20*f)+f*1.7) + 14*math.Sin(float64(x)/41+f)
			for y := int(top); y < h; y++ {
				shade := c
				if i > 1 && (y-int(top))%22 < 7 { // the rows
					shade = color.RGBA{c.R - 18, c.G - 14, c.B - 18, 255}
				}
				im.SetRGBA(x, y, shade)
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, im, &jpeg.Options{Quality: 85}); err != nil {
		panic(err) // memory takes every write
	}
	return out.Bytes()
}
