package rest

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"deskbell/app/desk"
)

// Mention describes an operation that huma does not serve: streams, uploads and
// downloads, which would cost too much or end in memory.
func (a *API) Mention(op Op, parts huma.Operation) {
	parts.Method, parts.Path, parts.OperationID, parts.Summary, parts.Tags = op.Method, op.Path, op.Name, op.Summary, []string{op.Tag}
	parts.Security = op.security()
	parts.Parameters = append(parts.Parameters, op.Headers...)
	if parts.Responses == nil {
		parts.Responses = map[string]*huma.Response{}
	}
	problem := a.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	parts.Responses["default"] = &huma.Response{
		Description: "A problem (RFC 9457)",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: problem}},
	}
	a.OpenAPI().AddOperation(&parts)
}

// Content describes a response or a request body of one media type; of is a
// value of the type whose schema it has, nil for bytes.
func (a *API) Content(mediaType string, of any) map[string]*huma.MediaType {
	s := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	if of != nil {
		s = a.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(of), true, "")
	}
	return map[string]*huma.MediaType{mediaType: {Schema: s}}
}

// Multipart describes the body of an upload: one field "file".
func Multipart() *huma.RequestBody {
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: &huma.Schema{
		Type: huma.TypeObject, Required: []string{"file"},
		Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary"}},
	}}}}
}

// PathParam and QueryParam describe a parameter of a mentioned operation.
func PathParam(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "path", Required: true, Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

// QueryParam describes an optional query parameter.
func QueryParam(name, doc string) *huma.Param {
	return &huma.Param{Name: name, In: "query", Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
}

// Answers are the responses of a mentioned operation that went well.
func Answers(description string, content map[string]*huma.MediaType) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: description, Content: content}}
}

// Finish completes the description when all operations are registered: a pointer
// to a struct that is not left out when it is nil may be null, which huma cannot say.
func (a *API) Finish() {
	registry := a.OpenAPI().Components.Schemas
	for name, schema := range registry.Map() {
		t := registry.TypeFromRef("#/components/schemas/" + name)
		for t != nil && t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for i := range t.NumField() {
			f := t.Field(i)
			key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			p := schema.Properties[key]
			if p == nil || p.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omitempty") {
				continue
			}
			schema.Properties[key] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
		}
	}
}

func (op Op) security() []map[string][]string {
	if op.Scheme == "" {
		return nil
	}
	return []map[string][]string{{op.Scheme: {}}}
}

// Bearer names a scheme of tokens in the Authorization header.
func (a *API) Bearer(scheme, doc string) {
	a.OpenAPI().Components.SecuritySchemes[scheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer", Description: doc}
}

// TokenOf is the token of the Authorization header, empty when there is none
// (RFC 6750 section 2.1).
func TokenOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// Missing is the error of a request that no operation serves: the address is not
// there, or not for this method (RFC 9110 section 15.5.6).
func (a *API) Missing(r *http.Request) error {
	asked := strings.Split(r.URL.Path, "/")
	var allow []string
	for path, item := range a.OpenAPI().Paths {
		parts := strings.Split(path, "/")
		fits := len(parts) == len(asked)
		for i := 0; fits && i < len(parts); i++ {
			fits = parts[i] == asked[i] || strings.HasPrefix(parts[i], "{") && asked[i] != ""
		}
		if !fits {
			continue
		}
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op != nil {
				allow = append(allow, method)
			}
		}
	}
	if len(allow) == 0 {
		return desk.NotFound
	}
	slices.Sort(allow)
	return &Problem{Status: http.StatusMethodNotAllowed, Code: "error.method_not_allowed", allow: strings.Join(slices.Compact(allow), ", ")}
}
