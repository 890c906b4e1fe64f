// The chat's catalog. A text with a blank is a function of what goes there.
const en = {
  ask: 'Ask us anything', away: 'We are away right now', soon: 'An agent will join soon',
  write: 'Write a message', send: 'Send', attach: 'Attach a file', emoji: 'Emoji', close: 'Close chat', messages: 'Messages', remove: 'Remove', cancel: 'Cancel', picker: 'Choose an emoji',
  soundOn: 'Sound is on', soundOff: 'Sound is off', typing: n => (n ? `${n} is typing…` : 'Typing…'),
  sending: 'Sending…', sent: 'Sent', read: 'Read', again: 'Try again', delete: 'Delete', failed: 'Not sent', uploading: p => `Uploading ${p}%`,
  waiting: 'No connection. It is sent when the line is back.', lost: 'Connecting…', offline: 'You are offline. What you write is sent when the line is back.',
  tooLong: n => `Message too long: ${n} ${n === 1 ? 'character' : 'characters'} over`, left: n => `${n} ${n === 1 ? 'character' : 'characters'} left`, tooBig: (f, mb) => `${f} is too big: at most ${mb} MB.`, empty: f => `${f} is empty.`, badKind: f => `${f} is a kind of file that cannot be sent.`,
  fresh: n => `${n} new`, toEnd: 'To the newest message', older: 'Loading earlier messages…', drop: 'Drop files to send them', today: 'Today', yesterday: 'Yesterday',
  tooMany: n => `At most ${n} files at a time.`, unreachable: 'That could not be done. Check the connection and try again.', picture: 'Picture', open: f => `Open ${f}`, download: f => `Download ${f}`, noFile: 'This file could not be loaded.', you: 'You', busy: 'Please slow down: too many messages at once. Wait a moment.',
  queue: n => `You are number ${n} in line`, powered: 'Powered by Deskbell', noChat: 'This chat is not available.', later: 'The chat does not answer. Trying again…',
  presence: { online: 'Online', busy: 'Busy', away: 'Away', invisible: 'Away', offline: 'Offline' },
  rate: 'Rate this conversation', choose: 'What is it about?', otherChoices: 'Other choices',
  note: { title: 'Leave a note', instead: 'Leave a note instead', voice: 'Record a voice message', stop: 'Stop', voiceName: 'Voice', noVoice: 'The microphone could not be used. Allow it in the browser, or write.', name: 'Your name', phone: 'Phone', email: 'E-mail', category: 'About', text: 'Your note', thanks: 'Thank you. Your note is with us; the answer comes here, and by mail if you left an address.' },
  toTop: 'Write at the top', toBottom: 'Write at the bottom', share: 'Share', home: 'Keep this chat on your home screen?', homeAdd: 'Add', homeNot: 'Not now',
  move: 'Move this window with the arrow keys', dismiss: 'Close', answer: 'Reply', notify: 'Notify me of answers', newMessage: 'New message', leaveQueue: 'Leave the queue', moved: 'This conversation goes on in another tab.', reconnect: 'Reconnect',
  first: { title: 'Before we begin', name: 'Your name', email: 'E-mail', phone: 'Phone', company: 'Company', optional: 'optional', start: 'Start the chat' },
  lines: {
    'conversation.created': () => 'Conversation started', 'conversation.joined': n => (n ? `${n} joined` : 'An agent joined'), 'conversation.left': n => (n ? `${n} left` : 'The agent left'),
    'transfer.asked': () => 'Handing you on to a colleague…',
    'conversation.assigned': n => (n ? `${n} will answer you` : 'An agent will answer you'), 'conversation.transferred': () => 'Handed on to a colleague',
    'rating.requested': () => '', 'conversation.closed': () => 'Conversation ended', 'conversation.reopened': () => 'Conversation reopened',
  },
};

const zh = {
  ask: '有什么可以帮您？', away: '客服暂时不在线', soon: '客服即将接入',
  write: '输入消息', send: '发送', attach: '添加附件', emoji: '表情', close: '收起会话', messages: '消息', remove: '移除', cancel: '取消', picker: '选择表情',
  soundOn: '提示音已开启', soundOff: '提示音已关闭', typing: n => (n ? `${n} 正在输入…` : '对方正在输入…'),
  sending: '发送中…', sent: '已发送', read: '已读', again: '重试', delete: '删除', failed: '未发送', uploading: p => `上传中 ${p}%`,
  waiting: '网络未连接，恢复后会自动发送。', lost: '连接中…', offline: '当前离线，消息会在恢复连接后发送。',
  tooLong: n => `消息过长：超出 ${n} 个字`, left: n => `还可输入 ${n} 个字`, tooBig: (f, mb) => `${f} 过大，最大 ${mb} MB。`, empty: f => `${f} 是空文件。`, badKind: f => `不能发送 ${f} 这类文件。`,
  fresh: n => `${n} 条新消息`, toEnd: '回到最新消息', older: '正在加载更早的消息…', drop: '松开即可添加文件', today: '今天', yesterday: '昨天',
  tooMany: n => `一次最多 ${n} 个文件。`, unreachable: '操作未完成，请检查网络后重试。', picture: '图片', open: f => `打开 ${f}`, download: f => `下载 ${f}`, noFile: '文件无法加载。', you: '您', busy: '发送过于频繁，请稍候。',
  queue: n => `您排在第 ${n} 位`, powered: '由 Deskbell 提供', noChat: '此会话窗口不可用。', later: '暂时无法连接，正在重试…',
  presence: { online: '在线', busy: '忙碌', away: '离开', invisible: '离开', offline: '离线' },
  rate: '评价本次服务', choose: '请选择咨询内容', otherChoices: '换一批',
  note: { title: '留言', instead: '改为留言', voice: '录制语音', stop: '完成', voiceName: '语音', noVoice: '无法使用麦克风，请在浏览器中允许，或输入文字。', name: '姓名', phone: '电话', email: '邮箱', category: '分类', text: '留言内容', thanks: '留言已提交，我们会在这里回复；如填写了邮箱，也会通过邮件回复。' },
  toTop: '输入框移到顶部', toBottom: '输入框移到底部', share: '分享', home: '将此会话添加到主屏幕？', homeAdd: '添加', homeNot: '暂不',
  move: '用方向键移动此窗口', dismiss: '关闭', answer: '回复', notify: '有回复时通知我', newMessage: '有新消息', leaveQueue: '退出排队', moved: '会话已在其他标签页中继续。', reconnect: '重新连接',
  first: { title: '开始咨询前', name: '姓名', email: '邮箱', phone: '电话', company: '公司', optional: '选填', start: '开始咨询' },
  lines: {
    'conversation.created': () => '会话已开始', 'conversation.joined': n => (n ? `${n} 已加入` : '客服已加入'), 'conversation.left': n => (n ? `${n} 已离开` : '客服已离开'),
    'transfer.asked': () => '正在为您转接…',
    'conversation.assigned': n => (n ? `${n} 将为您服务` : '客服将为您服务'), 'conversation.transferred': () => '会话已转接',
    'rating.requested': () => '', 'conversation.closed': () => '会话已结束', 'conversation.reopened': () => '会话已重新打开',
  },
};

// textsFor gives the catalog for the first of these language tags that says anything, with its own tag and dates.
export function textsFor(...tags) {
  const tag = tags.find(Boolean) || 'en', chinese = /^zh/i.test(tag), lang = chinese ? 'zh-CN' : 'en';
  const time = new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const day = new Intl.DateTimeFormat(lang, { month: 'long', day: 'numeric', weekday: 'short' }), year = new Intl.DateTimeFormat(lang, { dateStyle: 'long' });
  const exact = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }), t = chinese ? zh : en;
  return {
    ...t, lang, time: d => time.format(d), exact: d => exact.format(d),
    day(d, now = new Date()) {
      const ago = Math.round((midnight(now) - midnight(d)) / 864e5);
      return ago === 0 ? t.today : ago === 1 ? t.yesterday : (d.getFullYear() === now.getFullYear() ? day : year).format(d);
    },
  };
}

export function midnight(d) { return new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime(); }
