package demo

import (
	"archive/zip"
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
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

// stickers are a pack of our own: a leaf, a cup, a pot and a heart of tea, 200 pixels square, as the zip file that an admin would upload.
func stickers() ([]byte, error) {
	green, dark, clay, white := color.RGBA{98, 148, 78, 255}, color.RGBA{52, 92, 44, 255}, color.RGBA{176, 98, 60, 255}, color.RGBA{250, 247, 240, 255}
	round := func(x, y, cx, cy, rx, ry float64) bool { return (x-cx)*(x-cx)/(rx*rx)+(y-cy)*(y-cy)/(ry*ry) < 1 }
	shapes := map[string]func(x, y float64) (color.RGBA, bool){
		"leaf": func(x, y float64) (color.RGBA, bool) {
			if math.Abs(x-y) < 4 && x > 40 && x < 175 {
				return dark, true
			}
			return green, round(x, y, 60, 140, 125, 125) && round(x, y, 140, 60, 125, 125)
		},
		"cup": func(x, y float64) (color.RGBA, bool) {
			switch {
			case round(x, y, 90, 90, 62, 16):
				return green, true
			case round(x, y, 90, 90, 72, 22):
				return white, true
			case y > 90 && round(x, y, 90, 90, 72, 82):
				return clay, true
			}
			return clay, y > 85 && round(x, y, 155, 115, 34, 30) && !round(x, y, 155, 115, 20, 17)
		},
		"pot": func(x, y float64) (color.RGBA, bool) {
			switch {
			case round(x, y, 100, 52, 12, 12), round(x, y, 100, 72, 42, 12):
				return dark, true
			case round(x, y, 100, 120, 62, 54):
				return clay, true
			}
			return clay, round(x, y, 166, 112, 28, 36) && !round(x, y, 166, 112, 15, 22) || x > 10 && x < 60 && y > 70 && y < 130 && math.Abs(y-(60+x*0.8)-10) < 12
		},
		"heart": func(x, y float64) (color.RGBA, bool) {
			u, v := (x-100)/75, (110-y)/75
			w := u*u + v*v - 0.6
			return color.RGBA{196, 70, 74, 255}, w*w*w-u*u*v*v*v < 0
		},
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range []string{"leaf", "cup", "pot", "heart"} {
		im := image.NewRGBA(image.Rect(0, 0, 200, 200))
		for x := range 200 {
			for y := range 200 {
				if c, in := shapes[name](float64(x), float64(y)); in {
					im.SetRGBA(x, y, c)
				}
			}
		}
		w, err := z.Create(name + ".png")
		if err != nil {
			return nil, err
		}
		if err := png.Encode(w, im); err != nil {
			return nil, err
		}
	}
	err := z.Close()
	return out.Bytes(), err
}
