package web

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"deskbell/app/desk"
)

// Routes is the site map.
func (w *Web) Routes(e *echo.Echo) {
	e.HTTPErrorHandler = w.HandleError

	// For everyone who comes by.
	open := e.Group("", w.visit, w.guard)
	open.GET("/manifest.webmanifest", w.manifest)
	open.GET("/logo", w.logo)
	open.GET("/setup", w.newSetup)
	open.POST("/setup", w.setUp)
	open.GET("/login", w.newLogin)
	open.POST("/login", w.logIn)
	open.GET("/login/code", w.newCode)
	open.POST("/login/code", w.completeLogIn)
	open.GET("/login/sso", w.beginSignOn)
	open.GET(signOnBack, w.endSignOn)
	open.GET("/password-reset", w.newReset)
	open.POST("/password-reset", w.askReset)
	open.GET("/password-reset/:token", w.newPassword)
	open.POST("/password-reset/:token", w.resetPassword)
	open.GET("/invitations/:token", w.newInvitation)
	open.POST("/invitations/:token", w.acceptInvitation)
	open.GET("/rate/:token", w.newRating)
	open.POST("/rate/:token", w.rate)
	open.GET("/my/:token", w.myTicket)
	open.POST("/my/:token", w.answerMyTicket)
	open.GET("/my/:token/files/:id", w.myFile)
	open.GET("/request", w.newRequest)
	open.POST("/request", w.sendRequest)

	in := e.Group("", w.visit, w.loggedIn, w.guard)
	in.GET("/prove", w.newProof)
	in.POST("/prove", w.prove)
	w.agentMode(in)
	w.colleagues(in)
	w.adminMode(in.Group("/admin"))
}

func (w *Web) agentMode(in *echo.Group) {
	in.GET("/", w.home)
	in.POST("/logout", w.logOut)
	in.GET("/stream", w.stream)
	in.GET("/counts", w.counts)
	in.GET("/palette", w.palette)

	in.GET("/conversations", w.conversations)
	in.GET("/conversations/rows", w.conversationRows)
	in.GET("/conversations/:id", w.conversation)
	in.POST("/conversations/:id/pin", w.pin)
	in.GET("/conversations/:id/print", w.printConversation)
	in.GET("/conversations/:id/messages", w.messages)
	in.POST("/conversations/:id/messages", w.reply)
	in.POST("/conversations/:id/participation", w.join)
	in.POST("/conversations/:id/departure", w.leave)
	in.POST("/conversations/:id/participants", w.bring)
	in.GET("/conversations/:id/colleagues", w.readers)
	in.POST("/conversations/:id/assignment", w.assign)
	in.POST("/conversations/:id/transfer", w.transfer)
	in.POST("/conversations/:id/transcript", w.transcript)
	in.GET("/transfers", w.transfers)
	in.POST("/transfers/:id/acceptance", w.acceptTransfer)
	in.POST("/transfers/:id/refusal", w.refuseTransfer)
	in.POST("/transfers/:id/withdrawal", w.withdrawTransfer)
	in.POST("/conversations/:id/closure", w.closeConversation)
	in.POST("/conversations/:id/reopening", w.reopen)
	in.GET("/conversations/:id/summary", w.summary)
	in.POST("/conversations/:id/summary", w.summarise)
	in.GET("/conversations/:id/rating", w.conversationRating)
	in.POST("/conversations/:id/rating", w.inviteRating)
	in.POST("/conversations/:id/reading", w.read)
	in.POST("/conversations/:id/typing", w.typing)
	in.POST("/conversations/:id/conference", w.conference)
	in.GET("/conversations/:id/draft", w.draft)
	in.POST("/conversations/:id/draft", w.keepDraft)
	in.POST("/planned/:id/withdrawal", w.withdraw)
	in.POST("/planned/:id/sending", w.sendPlanned)
	in.GET("/messages/:id", w.message)
	in.GET("/messages/:id/html", w.messageHTML)
	in.GET("/messages/:id/rest", w.rest)
	in.GET("/messages/:id/quoted", w.quoted)
	in.POST("/messages/:id/recall", w.recall)
	in.POST("/messages/:id/customer", w.turnForward) // of a mail that was sent on: its writer, or who sent it
	in.POST("/messages/:id/attempts", w.tryAgain)
	in.GET("/messages/:id/deliveries", w.deliveries)
	in.POST("/files", w.upload)
	in.GET("/files/:id", w.file)

	in.GET("/stickers", w.stickerPacks)
	in.GET("/stickers/:id", w.sticker)

	in.GET("/history", w.history)
	in.GET("/search", w.search)
	in.GET("/exports", w.exports, w.may(desk.ExportHistory))
	in.POST("/exports", w.askExport, w.may(desk.ExportHistory))
	in.GET("/exports/:id/file", w.exportFile, w.may(desk.ExportHistory))
	in.POST("/conversations/:id/hand-on", w.handOn)

	in.GET("/queue", w.queue)
	in.GET("/queue/rows", w.queueRows)

	w.ticketMode(in)
	w.ownMode(in)
}

// ticketMode are the pages of tickets, customers and canned responses.
func (w *Web) ticketMode(in *echo.Group) {
	in.GET("/tickets", w.tickets)
	in.GET("/tickets/rows", w.ticketRows)
	in.GET("/tickets/new", w.newTicket)
	in.POST("/tickets", w.createTicket)
	in.GET("/tickets/customers", w.knownCustomers)
	in.POST("/tickets/bulk", w.changeTickets)
	in.GET("/tickets/export", w.exportTickets)
	in.GET("/tickets/export.xlsx", w.exportTickets)
	in.POST("/tickets/views", w.saveView)
	in.POST("/tickets/views/:id", w.changeView)
	in.POST("/tickets/views/:id/deletion", deletion(w, w.Desk.DeleteView, "/tickets"))
	in.GET("/tickets/:number", w.ticket)
	in.GET("/tickets/:number/history", w.ticketHistory)
	in.POST("/tickets/:number", w.changeTicket)
	in.GET("/tickets/:number/merge", w.newMerge)
	in.POST("/tickets/:number/merge", w.merge)
	in.POST("/tickets/:number/unmerge", w.unmerge)
	in.GET("/tickets/:number/split", w.newSplit)
	in.POST("/tickets/:number/split", w.split)
	in.POST("/tickets/:number/snooze", w.snooze)
	in.GET("/tickets/:number/page", w.customersPage)
	in.POST("/tickets/:number/page/revocation", w.revokeLinks)
	in.POST("/tickets/:number/waking", w.wake)
	in.POST("/tickets/:number/followers", w.follow)
	in.POST("/tickets/:number/followers/removal", w.unfollow)

	in.GET("/visitors", w.visitors)
	in.GET("/visitors/rows", w.visitorRows)
	in.POST("/visitors/:id/conversations", w.speakFirst)

	in.GET("/notes", w.notes)
	in.GET("/notes/rows", w.noteRows)
	in.GET("/notes/export", w.exportNotes)
	in.GET("/notes/export.xlsx", w.exportNotes)
	in.GET("/notes/:number", w.note)

	in.GET("/customers", w.customers)
	in.GET("/customers/rows", w.customerRows)
	in.GET("/customers/:id", w.customer)
	in.POST("/customers/:id", w.changeCustomer)
	in.POST("/customers/:id/tags", w.tagCustomer)
	in.POST("/customers/:id/blacklist", w.blacklist)
	in.POST("/customers/:id/callback", w.callBack)
	in.GET("/customers/:id/data", w.customerData, w.may(desk.EraseCustomers), w.proven)
	in.POST("/customers/:id/export", w.exportCustomer, w.may(desk.EraseCustomers), w.proven)
	in.POST("/customers/:id/erasure", w.eraseCustomer, w.may(desk.EraseCustomers), w.proven)

	in.GET("/canned", w.canned)
	in.GET("/canned/list", w.cannedList)
	in.GET("/canned/export", w.exportCanned)
	in.GET("/canned/export.xlsx", w.exportCanned)
	in.POST("/canned/import", w.importCanned)
	in.GET("/canned/:id", w.cannedOne)
	in.POST("/canned/:id", w.saveCanned)
	in.POST("/canned/:id/deletion", deletion(w, w.Desk.DeleteCanned, "/canned"))
}

// ownMode is what an agent sees and changes of himself.
func (w *Web) ownMode(in *echo.Group) {
	in.GET("/profile", w.profile)
	in.POST("/profile", w.changeProfile)
	in.POST("/profile/presence", w.setPresence)
	in.GET("/profile/presence", w.newPresenceAsk)
	in.POST("/profile/presence/ask", w.askPresence)
	in.POST("/profile/capacity", w.setCapacity)
	in.POST("/profile/teams/:id", w.optOut)
	in.POST("/profile/password", w.changePassword)
	in.POST("/profile/sessions/:id/end", w.endSession)
	in.POST("/profile/tokens", w.createToken, w.proven)
	in.GET("/profile/two-factor", w.twoFactor, w.proven)
	in.GET("/profile/two-factor/picture", w.twoFactorPicture, w.proven)
	in.POST("/profile/two-factor", w.beginTwoFactor, w.proven)
	in.POST("/profile/two-factor/confirmation", w.confirmTwoFactor, w.proven)
	in.POST("/profile/two-factor/codes", w.newRecoveryCodes, w.proven)
	in.POST("/profile/two-factor/end", w.endTwoFactor, w.proven)
	in.POST("/profile/tokens/:id/revoke", w.revokeToken)

	in.GET("/push/key", w.pushKey)
	in.POST("/push/subscriptions", w.subscribe)
	in.DELETE("/push/subscriptions", w.unsubscribe)
}

// colleagues is what the desk and the colleagues tell an agent.
func (w *Web) colleagues(in *echo.Group) {
	in.GET("/colleagues", w.rooms)
	in.GET("/colleagues/rows", w.roomRows)
	in.GET("/colleagues/:with", w.room)
	in.GET("/colleagues/:with/messages", w.roomMessages)
	in.POST("/colleagues/:with/messages", w.writeToColleagues)
	in.POST("/colleagues/messages/:id/recall", w.recallRoomMessage)

	in.GET("/teams/:id/cheat-sheet", w.cheatSheet)
	in.POST("/teams/:id/cheat-sheet", w.changeCheatSheet)

	in.GET("/notifications", w.notifications)
	in.GET("/notifications/rows", w.notificationRows)
	in.POST("/notifications/reading", w.readNotifications)
	in.GET("/notifications/settings", w.notificationSettings)
	in.POST("/notifications/settings", w.changeNotificationSettings)
	in.POST("/notifications/test", w.testMe)
	in.GET("/notifications/:id", w.notification)
	in.GET("/notices/new", w.newNotice, w.may(desk.ManageCompany))
	in.POST("/notices", w.sendNotice, w.may(desk.ManageCompany))
	in.GET("/notices/:id", w.showNotice)
}

// adminMode names the least that each part needs; the desk is the guard. "new" as an id makes a team, a widget, a mailbox.
func (w *Web) adminMode(admin *echo.Group) {
	w.ownMail(admin)
	admin.GET("", w.admin, w.may(desk.ManageCompany))

	agents := admin.Group("/agents", w.may(desk.ManageAgents))
	agents.GET("", w.agents)
	agents.GET("/export", w.exportAgents)
	agents.GET("/export.xlsx", w.exportAgents)
	agents.GET("/attendance", w.attendance)
	agents.GET("/attendance/export", w.exportAttendance)
	agents.GET("/attendance/export.xlsx", w.exportAttendance)
	agents.GET("/new", w.newAgent, w.proven)
	agents.POST("", w.createAgent, w.proven)
	agents.GET("/:id", w.agent, w.proven)
	agents.POST("/:id", w.changeAgent, w.proven)
	agents.POST("/:id/deletion", w.deleteAgent, w.proven)
	agents.POST("/:id/invitation", w.invite, w.proven)
	agents.POST("/:id/password-reset", w.showReset, w.proven)
	agents.POST("/:id/two-factor", w.endAgentsTwoFactor, w.proven)

	things(admin.Group("/teams", w.may(desk.ManageTeams)), w.teams, w.team, w.saveTeam, deletion(w, w.Desk.DeleteTeam, "/admin/teams"))

	rules := admin.Group("/routing", w.may(desk.ManageTeams))
	rules.GET("", w.routing)
	rules.POST("", w.saveRouting)

	things(admin.Group("/hours", w.may(desk.ManageTeams)), w.schedules, w.schedule, w.saveSchedule, deletion(w, w.Desk.DeleteSchedule, "/admin/hours"))
	things(admin.Group("/fields", w.may(desk.ManageTickets)), w.formFields, w.formField, w.saveFormField, deletion(w, w.Desk.DeleteFormField, "/admin/fields"))

	admin.GET("/portal", w.portal, w.may(desk.ManageTickets))
	admin.POST("/portal", w.changePortal, w.may(desk.ManageTickets))

	things(admin.Group("/statuses", w.may(desk.ManageTickets)), w.statuses, w.status, w.saveStatus, deletion(w, w.Desk.DeleteStatus, "/admin/statuses"))
	things(admin.Group("/sla", w.may(desk.ManageTickets)), w.slaPlans, w.slaPlan, w.saveSLAPlan, deletion(w, w.Desk.DeleteSLAPlan, "/admin/sla"))
	things(admin.Group("/rules", w.may(desk.ManageTickets)), w.rules, w.rule, w.saveRule, deletion(w, w.Desk.DeleteRule, "/admin/rules"))

	topics := admin.Group("/topics", w.may(desk.ManageTickets))
	things(topics, w.topics, w.topic, w.saveTopic, deletion(w, w.Desk.DeleteTopic, "/admin/topics"))
	topics.POST("/import", w.importTopics)
	topics.POST("/:id/move", w.moveTopic)

	w.widgetMode(admin)
	w.mailMode(admin)
	w.companyMode(admin)
}

// mailMode is the part of admin mode about mail.
func (w *Web) mailMode(admin *echo.Group) {
	boxes := admin.Group("/mailboxes", w.may(desk.ManageInboxes))
	boxes.GET("", w.mailboxes)
	boxes.GET("/:id", w.mailbox, w.proven)
	boxes.POST("/:id", w.saveMailbox, w.proven)
	boxes.GET("/consent", w.takeConsent)
	boxes.POST("/:id/consent", w.askConsent, w.proven)
	boxes.POST("/:id/test", w.testMailbox)
	boxes.POST("/:id/deletion", deletion(w, w.Desk.DeleteInbox, "/admin/mailboxes"))
	boxes.GET("/:id/dns", w.mailboxDNS)
	boxes.GET("/:id/ledger", w.ledger)
	boxes.POST("/:id/ledger/retries", w.retryMails)
	boxes.POST("/:id/comparison", w.compareMailbox)
	boxes.GET("/:id/ledger/:row", w.ledgerMail)
	boxes.GET("/:id/ledger/:row/raw", w.rawMail)
	boxes.POST("/:id/ledger/:row/retry", w.retryMail)

	senders := admin.Group("/senders", w.may(desk.ManageInboxes))
	senders.GET("", w.blockedSenders)
	senders.POST("", w.blockSender)
	senders.POST("/:id/deletion", w.unblockSender)
}

// companyMode is the part of admin mode that says how the company works.
func (w *Web) companyMode(admin *echo.Group) {
	things(admin.Group("/customer-tags", w.may(desk.ManageCompany)), w.customerTags, w.customerTag, w.saveCustomerTag, deletion(w, w.Desk.DeleteCustomerTag, "/admin/customer-tags"))

	tags := admin.Group("/tags", w.may(desk.ManageCompany))
	things(tags, w.tags, w.tag, w.saveTag, deletion(w, w.Desk.DeleteTag, "/admin/tags"))
	tags.GET("/export", w.exportTags)
	tags.GET("/export.xlsx", w.exportTags)
	tags.POST("/import", w.importTags)

	admin.GET("/ratings", w.ratings, w.may(desk.SeeRatings))
	admin.GET("/ratings/export", w.exportRatings, w.may(desk.SeeRatings))
	admin.GET("/ratings/export.xlsx", w.exportRatings, w.may(desk.SeeRatings))
	admin.GET("/survey", w.survey, w.may(desk.ManageCompany))
	admin.POST("/survey", w.changeSurvey, w.may(desk.ManageCompany))

	stickers := admin.Group("/stickers", w.may(desk.ManageCompany))
	stickers.GET("", w.stickers)
	stickers.POST("", w.addStickers)
	stickers.POST("/:id/raise", w.raiseStickers)
	stickers.POST("/:id/deletion", deletion(w, w.Desk.DeleteStickerPack, "/admin/stickers"))

	admin.GET("/retention", w.retention, w.may(desk.ManageCompany), w.proven)
	admin.POST("/retention", w.changeRetention, w.may(desk.ManageCompany), w.proven)
	admin.GET("/audit", w.audit, w.may(desk.SeeAudit))
	admin.GET("/audit/export", w.exportAudit, w.may(desk.SeeAudit))
	admin.GET("/audit/export.xlsx", w.exportAudit, w.may(desk.SeeAudit))
	admin.GET("/approvals", w.approvals, w.may(desk.ManageAgents))
	admin.POST("/approvals/:id", w.answerPresence, w.may(desk.ManageAgents))
	admin.GET("/handling", w.handling, w.may(desk.ManageCompany))
	admin.POST("/handling", w.changeHandling, w.may(desk.ManageCompany))
	admin.GET("/company", w.company, w.may(desk.ManageCompany), w.proven)
	admin.POST("/company", w.changeCompany, w.may(desk.ManageCompany), w.proven)
	admin.GET("/sign-on", w.signOn, w.may(desk.ManageCompany), w.proven)
	admin.POST("/sign-on", w.changeSignOn, w.may(desk.ManageCompany), w.proven)
	admin.POST("/sign-on/secret", w.newSignOnSecret, w.may(desk.ManageCompany), w.proven)
	admin.GET("/health", w.health, w.may(desk.SeeHealth))
	admin.GET("/health/examination", w.examination, w.may(desk.SeeHealth))
	admin.POST("/health/examination", w.examine, w.may(desk.ManageCompany))
	admin.POST("/health/upkeep", w.upkeep, w.may(desk.ManageCompany))
	admin.POST("/health/safekeeping", w.changeSafekeeping, w.may(desk.ManageCompany))
	admin.POST("/health/release", w.release, w.may(desk.ManageCompany))
}

// widgetMode is what stands on the company's pages.
func (w *Web) widgetMode(admin *echo.Group) {
	widgets := admin.Group("/widgets", w.may(desk.ManageInboxes))
	things(widgets, w.widgets, w.widget, w.saveWidget, deletion(w, w.Desk.DeleteInbox, "/admin/widgets"))
	widgets.GET("/:id/preview", w.showPreview)
	widgets.POST("/:id/preview", w.previewWidget)
	widgets.POST("/:id/identity-secret", w.newIdentitySecret, w.proven)

	proactive := admin.Group("/proactive", w.may(desk.ManageInboxes))
	things(proactive, w.proactives, w.proactive, w.saveProactive, deletion(w, w.Desk.DeleteProactive, "/admin/proactive"))
	proactive.POST("", w.watch)

	things(admin.Group("/snippets", w.may(desk.ManageInboxes)), w.snippets, w.snippet, w.saveSnippet, deletion(w, w.Desk.DeleteSnippet, "/admin/snippets"))
}

// ownMail is what the desk itself writes.
func (w *Web) ownMail(admin *echo.Group) {
	system := admin.Group("/system-mail", w.may(desk.ManageInboxes))
	system.GET("", w.systemMail)
	system.POST("", w.changeSystemMail)
	system.POST("/test", w.testSystemMail)
	system.POST("/:id/attempts", w.trySystemMail)
}

// things are the pages of a kind of things: their list, one of them ("new" makes one), and its end.
func things(g *echo.Group, list, one, save, end echo.HandlerFunc) {
	g.GET("", list)
	g.GET("/:id", one)
	g.POST("/:id", save)
	g.POST("/:id/deletion", end)
}

// deletion deletes the thing of the path, or takes it out of service, and leads back to the list.
func deletion[T ~int64](w *Web, remove func(context.Context, desk.Actor, T) error, list string) echo.HandlerFunc {
	return func(c echo.Context) error {
		id, err := param[T](c, "id")
		if err != nil {
			return err
		}
		if err := remove(c.Request().Context(), actor(c), id); err != nil {
			return err
		}
		w.notice(c, "notice.deleted")
		return c.Redirect(http.StatusSeeOther, list)
	}
}

// home is where everybody lands.
func (w *Web) home(c echo.Context) error { return c.Redirect(http.StatusSeeOther, "/conversations") }
