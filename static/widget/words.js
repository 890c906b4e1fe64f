// The loader's few words; the chat has its own catalog (texts.js).
const en = { lang: 'en', title: 'Chat', open: 'Open chat', close: 'Close chat', unread: n => (n === 1 ? 'Open chat, 1 new message' : `Open chat, ${n} new messages`) };
const zh = { lang: 'zh-CN', title: '在线客服', open: '打开客服会话', close: '收起客服会话', unread: n => `打开客服会话，${n} 条新消息` };

// words gives them in the language of a tag such as "zh-Hans-CN"; what is not Chinese reads English.
export const words = lang => (/^zh/i.test(lang) ? zh : en);
