package app

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deskbell/app/desk"
)

// floors says how high each package stands. Imports point down, never sideways: neighbours meet in app, by value.
var floors = map[string]int{
	// Ground: they know nothing of the desk.
	"app/sqlite": 0, "app/mail": 0, "app/view": 0, "app/netguard": 0, "app/sheet": 0, "app/region": 0, "app/maildns": 0,
	"app/blob": 5, // keeps its files in an sqlite file
	// The desk.
	"app/desk": 10,
	"app/wire": 15, // the desk's nouns as JSON, the same for streams and for doors
	// Features: each follows the desk, none knows another.
	"app/routing": 20, "app/automation": 20, "app/sla": 20, "app/rating": 20, "app/export": 20, "app/push": 20, "app/notify": 20, "app/webhook": 20, "app/report": 20, "app/help": 20, "app/robot": 20,
	"app/live": 20, "app/replica": 20, "app/channel": 20, "app/health": 20,
	"app/rest":         20, // what JSON doors share
	"app/demo/mailbox": 20, // the demo's own mail server
	"app/news":         25, // the desk's events on the live streams: where the two meet
	// Doors: where people and other programs come in.
	"app/web": 30, "app/api": 30, "app/channel/webchat": 30, "app/channel/email": 30,
	"app/demo": 35, // a made-up company behind all doors
	"app":      40,
	// Tests' own.
	"app/apptest/badline": 0, "app/apptest/bounded": 0,
	"app/apptest/mailhost": 20, "app/channel/channeltest": 25, "app/bench": 30, "app/apptest": 50, "app/apptest/client": 45, "app/journey": 55,
}

// homes says where a library may be imported, and why nowhere else.
var homes = []struct {
	library, reason string
	in              []string
}{
	{"github.com/labstack/echo", "echo.Context stays in the doors, so that the next echo is a mechanical change", []string{"app", "app/web", "app/api", "app/channel/webchat", "app/demo", "app/rest"}},
	{"github.com/mattn/go-sqlite3", "the database is opened in one way, by app/sqlite (app/channel/email only tells the disk's errors from a mail's)", []string{"app/sqlite", ".", "app/channel/email"}},
	{"github.com/benbjohnson/litestream", "it brings an SQLite of its own, which must not run beside ours: app/replica keeps it in a child", []string{"app/replica", "."}},
	{"modernc.org/sqlite", "it must not run beside ours: app/replica keeps it in a child", []string{"app/replica", "."}},
	{"github.com/r3labs/sse", "as it comes, one slow reader stops all others: app/live makes it safe", []string{"app/live"}},
	{"github.com/SherClockHolmes/webpush-go", "it posts to addresses that browsers name: app/push does so through the guard", []string{"app/push"}},
	{"github.com/oschwald/maxminddb-golang", "what reads an operator's file is in one place", []string{"app/region"}},
	{"github.com/xuri/excelize", "it trusts a workbook: app/sheet holds it to bounds", []string{"app/sheet"}},
	{"github.com/prometheus/client_golang", "there is one registry, of our own", []string{"app/health"}},
}

// long says which functions may have more than 80 lines, and which files more than 400, and why.
var long = map[string]string{}

// source is one Go file.
type source struct {
	file, folder string
	*ast.File
	lines func(ast.Node) int
}

func (s source) isTest() bool { return strings.HasSuffix(s.file, "_test.go") }

func (s source) imports() (list []string) {
	for _, i := range s.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			list = append(list, p)
		}
	}
	return list
}

func sources(t *testing.T) (list []source) {
	t.Helper()
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return fs.SkipDir
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), "../")
		list = append(list, source{name, path.Dir(name), f, func(n ast.Node) int { return set.Position(n.End()).Line - set.Position(n.Pos()).Line + 1 }})
		return nil
	})
	if err != nil || len(list) < 100 {
		t.Fatalf("%d files, %v", len(list), err)
	}
	return list
}

func TestImportsPointDown(t *testing.T) {
	told := map[string]bool{}
	for _, s := range sources(t) {
		if s.isTest() || s.folder == "." || !strings.HasPrefix(s.folder, "app") {
			continue
		}
		floor, known := floors[s.folder]
		if !known && told[s.folder] {
			continue
		}
		if told[s.folder] = true; !known {
			t.Errorf("%s stands on no floor: give it one in floors_test.go", s.folder)
			continue
		}
		for _, imported := range s.imports() {
			name, ours := strings.CutPrefix(imported, "deskbell/")
			other, known := floors[name]
			switch {
			case !ours:
			case !known:
				t.Errorf("%s imports %s, which stands on no floor", s.file, name)
			case other == floor:
				t.Errorf("%s imports its neighbour %s: let app join the two, by a value or a func", s.file, name)
			case other > floor:
				t.Errorf("%s imports %s, which stands above it: what must be asked from below belongs below, what must be told is an event", s.file, name)
			}
		}
	}
}

func TestLibrariesStayHome(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range s.imports() {
			for _, h := range homes {
				if strings.HasPrefix(imported, h.library) && !s.isTest() && !slices.Contains(h.in, s.folder) && !tagged(s) {
					t.Errorf("%s imports %s: %s", s.file, imported, h.reason)
				}
			}
		}
	}
}

// tagged says whether a file is left out of the program by a build tag.
func tagged(s source) bool {
	for _, c := range s.Comments {
		if c.Pos() < s.Package && strings.HasPrefix(c.List[0].Text, "//go:build keep") {
			return true
		}
	}
	return false
}

func TestFilesAndFunctionsAreShort(t *testing.T) {
	used := map[string]bool{}
	check := func(name string, lines, limit int) {
		if _, excused := long[name]; excused {
			used[name] = lines > limit
		} else if lines > limit {
			t.Errorf("%s has %d lines, more than %d: take it apart, or give a reason in floors_test.go", name, lines, limit)
		}
	}
	for _, s := range sources(t) {
		check(s.file, s.lines(s.File), 400)
		for _, d := range s.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				limit := 80
				if s.isTest() {
					limit = 120 // a story or a table may be long
				}
				check(s.file+" "+f.Name.Name, s.lines(f), limit)
			}
		}
	}
	for name := range long {
		if !used[name] {
			t.Errorf("%s needs no excuse any more", name)
		}
	}
}

// actorless are the exported methods of Desk that nobody in particular calls.
var actorless = map[string]string{
	"Close": "the process ends", "DB": "plumbing for features, which pass an actor to Write", "Blobs": "likewise", "Box": "likewise",
	"Epoch": "a number", "LastEvent": "a number", "Restored": "the data came back: nobody did that",
	"Follow": "a part of the program", "FollowAll": "a part of the program", "Tail": "a part of the program", "Settle": "a part of the program",
	"Index": "a follower", "Check": "a check of the files",
}

func TestEveryVerbHasAnActor(t *testing.T) {
	typ := reflect.TypeFor[*desk.Desk]()
	ctx, actor := reflect.TypeFor[context.Context](), reflect.TypeFor[desk.Actor]()
	for m := range typ.Methods() {
		f := m.Type
		fits := f.NumIn() >= 3 && f.In(1) == ctx && f.In(2) == actor
		reason, excused := actorless[m.Name]
		switch {
		case !fits && !excused:
			t.Errorf("Desk.%s: its parameters must begin with ctx context.Context and by Actor: who does it?", m.Name)
		case fits && excused:
			t.Errorf("Desk.%s has an actor: take it from the list of those without (%s)", m.Name, reason)
		}
	}
	for name := range actorless {
		if _, ok := typ.MethodByName(name); !ok {
			t.Errorf("Desk has no method %s", name)
		}
	}
}
