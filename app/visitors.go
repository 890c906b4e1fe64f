package app

import (
	"context"
	"time"

	"deskbell/app/desk"
	"deskbell/app/news"
)

// visitorGrace is how long a visitor without a stream is still there: the next page of the site, a reload or a tunnel is no absence.
const visitorGrace = 15 * time.Second

func (a *App) visitorGrace() time.Duration {
	if a.Config.VisitorGrace != 0 {
		return a.Config.VisitorGrace
	}
	return visitorGrace
}

// watching says whether a visitor has a chat of the inbox open, or had a moment ago.
func (a *App) watching(c desk.CustomerID, in desk.InboxID) bool {
	key := news.VisitorKey(c, in)
	if a.Hub.Connected(key) > 0 {
		return true
	}
	_, leaving := a.leaving.Load(key)
	return leaving
}

// reading says whether a visitor has a chat of the inbox open at this moment.
func (a *App) reading(c desk.CustomerID, in desk.InboxID) bool {
	return a.Hub.Connected(news.VisitorKey(c, in)) > 0
}

// visitor follows who has the chat open. The hub calls it for one key after the other.
func (a *App) visitor(key string, c desk.CustomerID, in desk.InboxID, connected bool) {
	if connected {
		a.leaving.Delete(key)
		a.tellVisitor(c, in, true)
		return
	}
	mark := new(byte) // this leave, and no later one
	a.leaving.Store(key, mark)
	time.AfterFunc(a.visitorGrace(), func() {
		if !a.leaving.CompareAndDelete(key, mark) || a.Hub.Connected(key) > 0 || a.closing.Load() {
			return
		}
		a.tellVisitor(c, in, false)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		a.postUnread(ctx, c, in)
	})
}

func (a *App) tellVisitor(c desk.CustomerID, in desk.InboxID, here bool) {
	a.tellVisits()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.News.Visiting(ctx, c, in, here); err != nil && !a.closing.Load() {
		a.Log.Error("tell who visits", "customer", c, "inbox", in, "error", err)
	}
}

// postUnread sends what the visitor has not read by mail. A restored copy that is held answers nobody.
func (a *App) postUnread(ctx context.Context, c desk.CustomerID, in desk.InboxID) {
	if a.hold.held() {
		return
	}
	if err := a.Desk.PostUnread(ctx, desk.System, c, in); err != nil && !a.closing.Load() {
		a.Log.Error("post what was not read", "customer", c, "inbox", in, "error", err)
	}
}

// postForsaken looks once after the start for those who left while the desk was down.
func (a *App) postForsaken(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(a.visitorGrace()):
	}
	list, err := a.Desk.Forsaken(ctx, desk.System)
	if err != nil {
		return err
	}
	for _, v := range list {
		a.postUnread(ctx, v.CustomerID, v.InboxID)
	}
	<-ctx.Done()
	return nil
}

// visitsEvery is how often the agents are told at most that somebody came, went or moved on.
const visitsEvery = time.Second

// tellVisits tells the agents who look at the visitors that they are other ones, or elsewhere, once for many.
func (a *App) tellVisits() {
	if !a.telling.CompareAndSwap(false, true) {
		return
	}
	time.AfterFunc(visitsEvery, func() {
		a.telling.Store(false)
		if err := a.News.Visits(); err != nil && !a.closing.Load() {
			a.Log.Error("tell of visits", "error", err)
		}
	})
}

// around lists everybody of whom watching says that he has a chat open.
func (a *App) around() []desk.Here {
	list := a.visiting()
	a.leaving.Range(func(key, _ any) bool {
		if c, in, ok := news.VisitorOf(key.(string)); ok && a.Hub.Connected(key.(string)) == 0 {
			list = append(list, desk.Here{CustomerID: c, InboxID: in})
		}
		return true
	})
	return list
}

// visiting lists whose chat is open or ready on a page now.
func (a *App) visiting() (list []desk.Here) {
	for _, key := range a.Hub.Keys("visitor-") {
		if c, in, ok := news.VisitorOf(key); ok {
			list = append(list, desk.Here{CustomerID: c, InboxID: in})
		}
	}
	return list
}
