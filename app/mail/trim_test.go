package mail

import (
	"strings"
	"testing"
)

// trims are mails as programs write them. What must be seen is everything above the line "#".
var trims = []struct{ name, text, visible string }{
	{"nothing to fold", "Hello\n\nTwo lines", "Hello\n\nTwo lines"},
	{"empty", "", ""},
	{"only history", "> a\n> b", "> a\n> b"},
	{"gmail", "Yes please.\n\nOn Mon, Nov 2, 2026 at 3:04 PM Shop <shop@example.com> wrote:\n\n> Do you want it?\n", "Yes please."},
	{"gmail broken line", "Yes.\n\nOn Mon, Nov 2, 2026 at 3:04 PM A very long shop name indeed <\nshop@example.com> wrote:\n> x", "Yes."},
	{"gmail chinese", "好的\n\nShop <shop@example.com> 于2026年11月2日周一 15:04写道：\n\n> 要吗？", "好的"},
	{"gmail chinese traditional", "好的\n\nShop <shop@example.com> 於 2026年11月2日 週一 下午3:04寫道：\n\n> 要嗎？", "好的"},
	{"gmail japanese", "はい。\n\n2026年11月2日(月) 15:04 Shop <shop@example.com>:\n\n> いかがですか", "はい。"},
	{"apple", "Yes.\n\n> On 2 Nov 2026, at 15:04, Shop <shop@example.com> wrote:\n> \n> Do you?", "Yes."},
	{"apple chinese", "收到\n\n> 在 2026年11月2日，下午3:04，Shop <shop@example.com> 写道：\n>\n> 发货了", "收到"},
	{"qq", "好的，谢谢\n\n\n------------------ 原始邮件 ------------------\n发件人: \"客服\" <support@example.com>;\n发送时间: 2026年11月2日", "好的，谢谢"},
	{"qq no-break spaces", "好的\n\n------------------\u00a0原始邮件\u00a0------------------\n发件人: x", "好的"},
	{"qq english", "ok\n\n------------------ Original ------------------\nFrom: \"s\"<support@example.com>;", "ok"},
	{"qq phone", "收到\n\n\n---原始邮件---\n发件人: \"客服\"<support@example.com>", "收到"},
	{"qq reply separator", "收到\n\n\n------------------ 回复的原邮件 ------------------\n| 发件人 | 客服 |", "收到"},
	{"163", "没有收到\n\n\n\n在 2026-11-02 14:00:00，\"茶铺\" <support@example.com> 写道：\n\n您好", "没有收到"},
	{"163 english", "No.\n\nAt 2026-11-02 14:00:00, \"Shop\" <support@example.com> wrote:\nHello", "No."},
	{"163 phone", "好\n---- 回复的原邮件 ----\n| 发件人 | 客服<support@example.com> |", "好"},
	{"foxmail", "好的\n\n\n\n \nsupport@example.com\n \n发件人： 客服\n发送时间： 2026-11-02 14:00\n收件人： wang\n主题： 退款\n您好", "好的"},
	{"outlook", "Thanks.\n\nFrom: Shop <support@example.com>\nSent: Monday, November 2, 2026 2:00 PM\nTo: Li <li@example.net>\nSubject: RE: tea\n\nx", "Thanks."},
	{"outlook line", "Thanks.\n\n________________________________\nFrom: Shop <s@example.com>\nSent: Monday\nTo: Li\nSubject: tea\n", "Thanks."},
	{"outlook chinese", "谢谢\n\n发件人: Shop <support@example.com>\n发送时间: 2026年11月2日 14:00\n收件人: Wang\n主题: 答复: 退款\n\n您好", "谢谢"},
	{"outlook bold", "Thanks\n\n*From:* Shop <s@example.com>\n*Sent:* Monday\n*To:* Li\n*Subject:* tea", "Thanks"},
	{"outlook german", "Danke\n\nVon: Shop <s@example.com>\nGesendet: Montag, 2. November 2026 14:00\nAn: Li\nBetreff: AW: Tee", "Danke"},
	{"outlook french", "Merci\n\nDe : Shop <s@example.com>\nEnvoyé : lundi 2 novembre 2026 14:00\nÀ : Li\nObjet : RE: thé", "Merci"},
	{"outlook spanish", "Gracias\n\nDe: Shop <s@example.com>\nEnviado: lunes, 2 de noviembre de 2026\nPara: Li\nAsunto: RE: té", "Gracias"},
	{"outlook japanese", "了解しました\n\n差出人: Shop <s@example.com>\n送信日時: 2026年11月2日 14:00\n宛先: Li\n件名: RE: お茶", "了解しました"},
	{"aliyun", "收到\n\n------------------------------------------------------------------\n发件人：客服 <s@example.com>\n日　期：2026年11月02日 14:00:00\n收件人：王 <w@example.net>\n主　题：退款\n\n您好", "收到"},
	{"lark", "收到\n\n> From: \"客服\"<s@example.com>\n> Date: Mon, Nov 2, 2026\n> Subject: 退款\n> To: x\n> 您好", "收到"},
	{"netease phone", "收到\n\n签名由 网易邮箱大师 定制\n\n在2026年11月02日 14:00，客服 写道：\n您好", "收到"},
	{"outlook phone chinese", "收到\n\n获取 Outlook for iOS<https://example.com/o>\n________________________________\n发件人: s <s@example.com>\n发送时间: 2026年11月2日\n收件人: w\n主题: x", "收到"},
	{"original message", "Ok\n\n-----Original Message-----\nFrom: Shop\nx", "Ok"},
	{"original message german", "Ok\n\n-----Ursprüngliche Nachricht-----\nVon: Shop\nx", "Ok"},
	{"original message french", "Ok\n\n-----Message d'origine-----\nDe : Shop\nx", "Ok"},
	{"original message spanish", "Ok\n\n-----Mensaje original-----\nDe: Shop\nx", "Ok"},
	{"german", "Ja.\n\nAm Montag, 2. November 2026 um 14:00 Uhr schrieb Shop <s@example.com>:\n> x", "Ja."},
	{"german thunderbird", "Ja.\n\nAm 02.11.26 um 14:00 schrieb Shop:\n> x", "Ja."},
	{"french", "Oui.\n\nLe lun. 2 nov. 2026 à 14:00, Shop <s@example.com> a écrit :\n\n> x", "Oui."},
	{"spanish", "Sí.\n\nEl lun, 2 nov 2026 a las 14:00, Shop (<s@example.com>) escribió:\n\n> x", "Sí."},
	{"italian", "Sì.\n\nIl giorno lun 2 nov 2026 alle ore 14:00 Shop <s@example.com> ha scritto:\n\n> x", "Sì."},
	{"portuguese", "Sim.\n\nEm seg., 2 de nov. de 2026 às 14:00, Shop <s@example.com> escreveu:\n\n> x", "Sim."},
	{"dutch", "Ja.\n\nOp ma 2 nov 2026 om 14:00 schreef Shop <s@example.com>:\n\n> x", "Ja."},
	{"korean", "네\n\n2026년 11월 2일 (월) 오후 3:04, Shop <s@example.com>님이 작성:\n\n> x", "네"},
	{"russian", "Да.\n\nпн, 2 нояб. 2026 г. в 14:00, Shop <s@example.com>:\n\n> x", "Да."},
	{"polish", "Tak.\n\npon., 2 lis 2026 o 14:00 Shop <s@example.com> napisał(a):\n\n> x", "Tak."},
	{"swedish", "Ja.\n\nDen mån 2 nov. 2026 kl 14:00 skrev Shop <s@example.com>:\n\n> x", "Ja."},
	{"vietnamese", "Vâng.\n\nVào Th 2, 2 thg 11, 2026 vào lúc 14:00 Shop <s@example.com> đã viết:\n\n> x", "Vâng."},
	{"a list of times", "Deliver at:\n\n14:00 on 2026:\n> not before", "Deliver at:\n\n14:00 on 2026:"},
	{"signature", "Hello\n\n-- \nLi Lei\nTea lover", "Hello"},
	{"signature without blank", "Hello\n--\nLi Lei", "Hello"},
	{"phone", "Hello\n\nSent from my iPhone", "Hello"},
	{"phone chinese", "您好\n\n发自我的华为手机", "您好"},
	{"phone above history", "收到\n\n发自我的iPhone\n\n------------------ 原始邮件 ------------------\n发件人: x", "收到"},
	{"phone words of a customer", "您好\n来自这个邮箱的邮件我没收到", "您好\n来自这个邮箱的邮件我没收到"},
	{"phone qq", "您好\n\n来自QQ邮箱手机版", "您好"},
	{"phone words inside", "Sent from my iPhone was what it said.\nWhy?", "Sent from my iPhone was what it said.\nWhy?"},
	{"quote without a line above", "Yes.\n\n> Do you\n> want it?", "Yes."},
	{"answers between", "Hi,\n\nOn Mon, Nov 2, 2026, Shop <s@example.com> wrote:\n> Which?\nGreen.\n> How much?\nTwo.", "Hi,\n\nOn Mon, Nov 2, 2026, Shop <s@example.com> wrote:\n> Which?\nGreen.\n> How much?\nTwo."},
	{"answer below", "On Mon, Nov 2, 2026, Shop <s@example.com> wrote:\n> Which?\n\nGreen.\n\n-- \nLi", "Green."},
	{"forward stays", "For you\n\n---------- Forwarded message ---------\nFrom: Han <han@example.org>\nDate: x\nSubject: y\nTo: z\n\nBroken", "For you\n\n---------- Forwarded message ---------\nFrom: Han <han@example.org>\nDate: x\nSubject: y\nTo: z\n\nBroken"},
	{"a sentence with wrote", "On Monday I went to the shop and nobody wrote down my name:\nplease do.", "On Monday I went to the shop and nobody wrote down my name:\nplease do."},
	{"from in a form", "From: Beijing\nPlease deliver.", "From: Beijing\nPlease deliver."},
	{"our own quotation", "再问一下\n\n在 2026年11月2日 14:00，王小明 写道：\n> 我要退款", "再问一下"},
}

func TestTrim(t *testing.T) {
	for _, c := range trims {
		t.Run(c.name, func(t *testing.T) {
			v, q := Trim(c.text)
			if v != c.visible {
				t.Errorf("visible %q, want %q (quoted %q)", v, c.visible, q)
			}
			if a, b := letters(c.text), letters(v)+letters(q); len(a) != len(b) {
				t.Errorf("words lost: %q and %q", v, q)
			}
		})
	}
}

var htmlTrims = []struct{ name, html, visible, quoted string }{
	{"nothing", "<p>Hello</p>", "<p>Hello</p>", ""},
	{"gmail", `<div>Yes</div><div class="gmail_quote"><div class="gmail_attr">On … wrote:</div><blockquote class="gmail_quote">Do you?</blockquote></div>`, "Yes", "Do you?"},
	{"gmail within outlook", `<div>Yes</div><div class="x_gmail_quote">On … wrote: <blockquote>Do you?</blockquote></div>`, "Yes", "Do you?"},
	{"gmail forward stays", `<div>For you</div><div class="gmail_quote"><div>---------- Forwarded message ---------<br>From: Han</div>Broken</div>`, "Broken", ""},
	{"outlook web", `<div>Yes</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Shop</div><div>Old</div>`, "Yes", "Old"},
	{"outlook", `<div class="WordSection1"><p>Yes</p><div><div style="border:none;border-top:solid #B5C4DF 1.0pt"><p><b>From:</b> Shop<br><b>Sent:</b> Monday<br><b>To:</b> Li<br><b>Subject:</b> tea</p></div></div><p>Old</p></div>`, "Yes", "Old"},
	{"thunderbird", `<p>Yes</p><div class="moz-cite-prefix">On 2.11.26 Shop wrote:<br></div><blockquote type="cite">Old</blockquote>`, "Yes", "Old"},
	{"thunderbird below", `<p>Hi,</p><div class="moz-cite-prefix">On 2.11.26 Shop wrote:<br></div><blockquote type="cite">Old</blockquote><p>My answer</p>`, "My answer", "Old"},
	{"answers between", `<blockquote type="cite">One?</blockquote><p>Yes</p><blockquote type="cite">Two?</blockquote><p>No</p>`, "Two?", ""},
	{"163", `<div>没有</div><div>在 2026-11-02 14:00:00，"茶铺" &lt;s@example.com&gt; 写道：</div><blockquote id="isReplyContent">Old</blockquote>`, "没有", "Old"},
	{"foxmail", `<div>好的</div><div><span>s@example.com</span></div><blockquote style="margin-top:0"><div>&nbsp;</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3pt 0 0 0"><div style="font-size:12px"><div><b>发件人：</b>&nbsp;<a href="mailto:s@example.com">客服</a></div><div><b>发送时间：</b>&nbsp;2026-11-02 14:00</div><div><b>收件人：</b>&nbsp;wang</div><div><b>主题：</b>&nbsp;退款</div></div></div><div>Old</div></blockquote>`, "好的", "Old"},
	{"lark", `<div>好的</div><div class="history-quote-wrapper"><div>Old</div></div>`, "好的", "Old"},
	{"apple", `<div>Yes<br><blockquote type="cite"><div>On 2 Nov 2026, at 15:04, Shop &lt;s@example.com&gt; wrote:</div><br><div>Old</div></blockquote></div>`, "Yes", "Old"},
	{"yahoo", `<div>Yes</div><div id="yahoo_quoted_123" class="yahoo_quoted">Old</div>`, "Yes", "Old"},
	{"only history", `<blockquote type="cite">Old</blockquote>`, "Old", ""},
	{"signature", `<div>Hello</div><div>-- <br></div><div>Li</div>`, "Hello", "Li"},
}

func TestTrimHTML(t *testing.T) {
	for _, c := range htmlTrims {
		t.Run(c.name, func(t *testing.T) {
			v, q := TrimHTML(c.html)
			if !strings.Contains(v, c.visible) || !strings.Contains(q, c.quoted) || c.quoted != "" && strings.Contains(v, c.quoted) {
				t.Errorf("visible %q, quoted %q", v, q)
			}
			if a, b := letters(TextFromHTML(c.html)), letters(TextFromHTML(v))+letters(TextFromHTML(q)); len(strings.ReplaceAll(a, ">", "")) != len(strings.ReplaceAll(b, ">", "")) {
				t.Errorf("words lost: %q, then %q", a, b)
			}
		})
	}
}
