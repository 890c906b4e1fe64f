package mailhost

import (
	"strconv"
	"strings"
)

// dovecotConf is a Dovecot 2.3 that runs wholly as one ordinary user: no chroot, no change of user, static accounts, no penalty for
// wrong passwords. Its boxes number a mail when it is delivered; a maildir does so when somebody looks, and not always in the order of
// their coming. The deny file comes first, so that a test can take one account's right to log in.
func (h *Host) dovecotConf() string {
	return h.fill(`
base_dir = $D/run
state_dir = $D/run
log_path = $D/log/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = $U
default_internal_group = $G
default_login_user = $U
mail_location = sdbox:$D/mail/%u
mail_uid = $U
mail_gid = $G
first_valid_uid = 1
ssl = yes
ssl_cert = <$D/tls.crt
ssl_key = <$D/tls.key
disable_plaintext_auth = yes
auth_mechanisms = plain login$XOAUTH2
auth_failure_delay = 0
mail_max_userip_connections = 200
imap_hibernate_timeout = 0
default_vsz_limit = 512M
passdb {
  driver = passwd-file
  deny = yes
  args = username_format=%u $D/deny
}
$TOKENS
passdb {
  driver = static
  args = password=$PASSWORD
}
userdb {
  driver = static
  args = uid=$U gid=$G home=$D/mail/%u allow_all_users=yes
}
$QUOTA
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Done {
    auto = subscribe
  }
}
service imap-login {
  chroot =
  inet_listener imap {
    port = $IMAPPORT
  }
  inet_listener imaps {
    port = $IMAPSPORT
    ssl = yes
  }
}
service lmtp {
  chroot =
  inet_listener lmtp {
    port = $LMTPPORT
  }
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
`)
}

// oauthConf tells Dovecot where to ask whose a token is.
func (h *Host) oauthConf() string {
	return "introspection_url = " + h.oauth + "\nintrospection_mode = get\nforce_introspection = yes\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n"
}

// fill puts the folder, the account and the ports into a configuration.
func (h *Host) fill(conf string) string {
	n := func(port int) string { return strings.TrimPrefix(local(port), "127.0.0.1:") }
	mechanism, tokens := "", ""
	if h.oauth != "" {
		mechanism, tokens = " xoauth2", "passdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = "+h.Dir+"/oauth2.conf\n}"
	}
	quota := ""
	if h.most > 0 {
		quota = "mail_plugins = quota\nprotocol imap {\n  mail_plugins = quota imap_quota\n}\nplugin {\n  quota = count:User quota\n  quota_vsizes = yes\n  quota_rule = *:messages=" + strconv.Itoa(h.most) + "\n}"
	}
	return strings.NewReplacer(
		"$QUOTA", quota,
		"$XOAUTH2", mechanism, "$TOKENS", tokens,
		"$DOMAIN", Domain, "$PASSWORD", Password, "$IMAPPORT", n(h.IMAP), "$IMAPSPORT", n(h.IMAPS), "$LMTPPORT", n(h.LMTP),
		"$MXPORT", n(h.MX), "$SUBMISSIONPORT", n(h.Submission), "$SMTPSPORT", n(h.SMTPS),
		"$D/", h.Dir+"/", "$U", h.account.user, "$G", h.account.group,
	).Replace(conf)
}
