package mailhost

// eximConf is an Exim 4.96 that runs as one ordinary user, hands mail for example.test to Dovecot by LMTP,
// relays for authenticated senders, and fails to order for the addresses that the package comment names.
func (h *Host) eximConf() string {
	return h.fill(`
exim_user = $U
exim_group = $G
never_users =
keep_environment =
primary_hostname = mail.$DOMAIN
spool_directory = $D/spool
log_file_path = $D/log/%slog
pid_file_path = $D/exim.pid
domainlist local_domains = $DOMAIN
acl_smtp_rcpt = acl_rcpt
acl_smtp_data = accept
local_interfaces = <; 127.0.0.1
daemon_smtp_ports = $MXPORT : $SUBMISSIONPORT : $SMTPSPORT
tls_on_connect_ports = $SMTPSPORT
tls_advertise_hosts = ${if eq{$received_port}{$MXPORT}{}{*}}
tls_certificate = $D/tls.crt
tls_privatekey = $D/tls.key
auth_advertise_hosts = ${if or{{eq{$tls_in_cipher}{}}{eq{$received_port}{$MXPORT}}} {} {*}}
message_size_limit = 5M
dns_check_names_pattern =
deliver_drop_privilege = true
trusted_users = $U
remote_max_parallel = 4
smtp_accept_max = 200
smtp_accept_max_per_connection = 5000
smtp_accept_queue_per_connection = 0
log_selector = +smtp_confirmation +tls_cipher
begin acl
acl_rcpt:
  defer  local_parts = tempfail
         message = 4.2.1 mailbox temporarily disabled
  deny   local_parts = nouser
         message = 5.1.1 no such user
  deny   local_parts = ^no-such-address-
         condition = ${if eq{${lookup{mode}lsearch{$D/nobody}}}{refuse}}
         message = 5.1.1 nobody has this address
  accept domains = +local_domains
  accept authenticated = *
  deny   message = 5.7.1 relay not permitted
begin routers
bounce:
  driver = redirect
  domains = bounce.test
  allow_fail
  data = :fail: 5.1.1 mailbox does not exist
nobody:
  driver = redirect
  local_parts = ^no-such-address-
  condition = ${if eq{${lookup{mode}lsearch{$D/nobody}}}{report}}
  allow_fail
  data = :fail: 5.1.1 mailbox does not exist
anybody:
  driver = redirect
  local_parts = ^no-such-address-
  condition = ${if eq{${lookup{mode}lsearch{$D/nobody}}}{keep}}
  data = support@$DOMAIN
lmtp:
  driver = manualroute
  domains = $DOMAIN
  transport = lmtp
  route_list = * 127.0.0.1
  self = send
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = $LMTPPORT
  hosts = 127.0.0.1
  allow_localhost
begin retry
* * F,1m,5s
` + eximLogins)
}

// eximLogins are the ways in which senders log in.
const eximLogins = `begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{match{$auth2}{@$DOMAIN\$}}{eq{$auth3}{$PASSWORD}}}}
  server_set_id = $auth2
xoauth2:
  driver = plaintext
  public_name = XOAUTH2
  server_prompts = :
  server_condition = ${if match{$auth1}{\N^user=([^\x01]+)\x01auth=Bearer ([^\x01]+)\x01\x01$\N}{${lookup{$2}lsearch{$D/tokens}{yes}{no}}}{no}}
  server_set_id = $auth1
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{match{$auth1}{@$DOMAIN\$}}{eq{$auth2}{$PASSWORD}}}}
  server_set_id = $auth1
`
