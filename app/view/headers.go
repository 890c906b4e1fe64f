package view

import (
	"net/http"
	"strings"
)

// Kind of page, as far as a browser's guards are concerned.
type Kind int

const (
	// Console is agent and admin mode, log-in and set-up: framed by nobody.
	Console Kind = iota
	// Visitor is the chat: framed by the sites its widget allows.
	Visitor
	// Preview is what the widget's designer shows: framed by the console.
	Preview
	// Foreign is a customer's HTML mail: sandboxed without scripts, framed by the console.
	Foreign
	// ForeignPictures is Foreign after the agent asked for its remote pictures.
	ForeignPictures
)

// Guard sets the security headers of a page. sites are the origins that may
// frame a Visitor page ("https://shop.example"); none means that any may.
// There is no 'unsafe-inline' and no 'unsafe-eval': styles and scripts are files.
func Guard(h http.Header, kind Kind, sites ...string) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", strings.Join(policy(kind, sites), "; "))
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	switch kind {
	case Visitor:
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self), payment=(), usb=()") // a note can be spoken
	case Console:
		h.Set("Referrer-Policy", "same-origin") // no-referrer would make a form's Origin "null"
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
	case Preview, Foreign, ForeignPictures:
		h.Set("X-Frame-Options", "SAMEORIGIN")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
	}
}

func policy(kind Kind, sites []string) []string {
	base := []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'",
		"img-src 'self' blob: data:", "media-src 'self' blob:", "connect-src 'self'",
		"manifest-src 'self'", "worker-src 'self'", "frame-src 'self'",
		"form-action 'self'", "base-uri 'none'", "object-src 'none'",
	}
	switch kind {
	case Visitor:
		if len(sites) == 0 {
			return append(base, "frame-ancestors *")
		}
		return append(base, "frame-ancestors 'self' "+strings.Join(sites, " "))
	case Preview:
		return append(base, "frame-ancestors 'self'")
	case Foreign, ForeignPictures:
		// A mail brings its own style attributes; 'unsafe-inline' for styles cannot
		// run anything here: the sandbox forbids scripts. It keeps the origin only so that
		// the console can measure the frame's height.
		img := "img-src 'self' data:"
		if kind == ForeignPictures {
			img = "img-src 'self' data: https:"
		}
		return []string{"default-src 'none'", img, "style-src 'unsafe-inline'", "form-action 'none'", "base-uri 'none'",
			"frame-ancestors 'self'", "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"}
	}
	return append(base, "frame-ancestors 'none'")
}
