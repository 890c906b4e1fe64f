package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"text/template/parse"
)

const root = "../.."

// keyArg is the position of the catalog key among a function's arguments.
var keyArg = map[string]int{"t": 1, "n": 1, "field": 2}

// views are the program's own.
func views(t *testing.T) *Views {
	t.Helper()
	assets, err := NewAssets(fstest.MapFS{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := New(os.DirFS(root+"/views"), assets)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Every template of the program compiles, for a set whose functions are all there.
func TestEveryTemplateCompiles(t *testing.T) {
	v := views(t)
	if err := v.Check(); err != nil || len(v.files) < 100 {
		t.Errorf("%d templates: %v", len(v.files), err)
	}
	v.files["broken/_one"] = "{{nothing .}}"
	if err := v.Check(); err == nil {
		t.Error("a broken one is not noticed")
	}
}

// TestCatalogs walks every template, Go file and script: each key they name is in
// both catalogs, no other is there, and both languages have the same placeholders.
func TestCatalogs(t *testing.T) {
	v := views(t)
	u := usage{keys: map[string]string{}, prefixes: map[string]string{}}
	u.templates(t, v)
	u.goFiles(t)
	u.scripts(t)

	en, zh := v.catalogs["en"], v.catalogs["zh-CN"]
	for key, where := range u.keys {
		if !en.names(key) || !zh.names(key) {
			t.Errorf("%s names %q, which is not in both catalogs", where, key)
		}
	}
	for key := range en {
		if !u.uses(key) {
			t.Errorf("nothing names %q of en.json", key)
		}
	}
	for key, text := range zh {
		if strings.TrimSpace(text) == "" {
			t.Errorf("zh-CN %q is empty", key)
		}
		other, ok := en[key]
		if !ok {
			t.Errorf("%q is in zh-CN.json alone", key)
		} else if got, want := placeholders(text), placeholders(other); !slices.Equal(got, want) {
			t.Errorf("%q has %v in zh-CN.json, %v in en.json", key, got, want)
		}
	}
	for key, text := range en {
		_, same := zh[key]
		_, counted := zh[strings.TrimSuffix(key, ".one")+".other"]
		if !same && !(strings.HasSuffix(key, ".one") && counted) {
			t.Errorf("%q is in en.json alone", key)
		}
		if strings.TrimSpace(text) == "" {
			t.Errorf("en %q is empty", key)
		}
	}
}

// usage is which keys are named where. A prefix stands for a key that is put
// together, {{t (printf "ticket.status.%s" .Status)}} or "ticket.status."+s.
type usage struct{ keys, prefixes map[string]string }

func (c Catalog) names(key string) bool { return c[key] != "" || c[key+".other"] != "" }

func (u usage) uses(key string) bool {
	base := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
	if u.keys[key] != "" || u.keys[base] != "" {
		return true
	}
	for prefix := range u.prefixes {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func (u usage) templates(t *testing.T, v *Views) {
	var all []*template.Template
	for name := range v.files {
		tmpl, err := v.set(Reader{Lang: "en"}).template(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, tmpl.Templates()...)
	}
	for _, tmpl := range all {
		if tmpl.Tree != nil && tmpl.Tree.Root != nil {
			u.node(tmpl.Tree.ParseName, tmpl.Tree.Root)
		}
	}
}

// node looks for calls of t, n and field anywhere below n.
func (u usage) node(where string, n parse.Node) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				u.node(where, c)
			}
		}
	case *parse.ActionNode:
		u.node(where, n.Pipe)
	case *parse.IfNode:
		u.branch(where, &n.BranchNode)
	case *parse.RangeNode:
		u.branch(where, &n.BranchNode)
	case *parse.WithNode:
		u.branch(where, &n.BranchNode)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			u.node(where, n.Pipe)
		}
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			u.node(where, c)
		}
	case *parse.ChainNode:
		u.node(where, n.Node)
	case *parse.CommandNode:
		u.command(where, n)
	}
}

func (u usage) branch(where string, n *parse.BranchNode) {
	u.node(where, n.Pipe)
	u.node(where, n.List)
	u.node(where, n.ElseList)
}

func (u usage) command(where string, n *parse.CommandNode) {
	for _, arg := range n.Args {
		u.node(where, arg)
	}
	f, ok := n.Args[0].(*parse.IdentifierNode)
	if !ok || keyArg[f.Ident] == 0 || len(n.Args) <= keyArg[f.Ident] {
		return
	}
	switch key := n.Args[keyArg[f.Ident]].(type) {
	case *parse.StringNode:
		u.keys[key.Text] = where
	case *parse.PipeNode:
		if c := key.Cmds[0]; len(c.Args) > 1 && c.Args[0].String() == "printf" {
			if s, ok := c.Args[1].(*parse.StringNode); ok {
				prefix, _, _ := strings.Cut(s.Text, "%")
				u.prefixes[prefix] = where
			}
		}
	}
}

var keyLike = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+\.?$`)

// goFiles takes every string literal of the shape of a key as naming it, if a
// catalog has it: the rest are file names and the like.
func (u usage) goFiles(t *testing.T) {
	walk(t, root+"/app", ".go", func(name string, _ []byte) {
		if strings.HasSuffix(name, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil && keyLike.MatchString(s) {
					u.literal(s, name)
				}
			}
			return true
		})
	})
}

var scriptKey = regexp.MustCompile("\\bt\\(['\"`]([a-z_.]+)['\"`]")

// scripts takes t('send.failed') as naming "js.send.failed", which the layout hands over.
func (u usage) scripts(t *testing.T) {
	for _, dir := range []string{"/static/js", "/static/widget"} {
		walk(t, root+dir, ".js", func(name string, src []byte) {
			for _, m := range scriptKey.FindAllSubmatch(src, -1) {
				prefix := "js."
				if strings.Contains(name, "/widget/") {
					prefix = "widget."
				}
				u.keys[prefix+string(m[1])] = name
			}
		})
	}
}

func (u usage) literal(s, where string) {
	if strings.HasSuffix(s, ".") {
		u.prefixes[s] = where
		return
	}
	if catalogHas(s) {
		u.keys[s] = where
	}
}

var catalogHas = func() func(string) bool {
	all, err := readCatalogs(os.DirFS(root + "/views"))
	return func(key string) bool { return err == nil && (all["en"].names(key) || all["zh-CN"].names(key)) }
}()

func walk(t *testing.T, dir, ext string, visit func(name string, src []byte)) {
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil || d.IsDir() || filepath.Ext(name) != ext {
			return err
		}
		b, err := os.ReadFile(name)
		visit(filepath.ToSlash(name), b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

var holes = regexp.MustCompile(`\{\d\}`)

func placeholders(s string) []string {
	p := holes.FindAllString(s, -1)
	slices.Sort(p)
	return slices.Compact(p)
}
