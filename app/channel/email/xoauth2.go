package email

import "errors"

// xoauth2 logs in to IMAP with an access token instead of a password, as Google's and Microsoft's mailboxes want it. go-sasl knows
// OAUTHBEARER only (RFC 7628).
type xoauth2 struct{ user, token string }

// Start implements sasl.Client.
func (a *xoauth2) Start() (mechanism string, response []byte, err error) {
	return "XOAUTH2", []byte("user=" + a.user + "\x01auth=Bearer " + a.token + "\x01\x01"), nil
}

// Next implements sasl.Client. A refused token is answered with a challenge that says why; there is nothing to say to it.
func (a *xoauth2) Next([]byte) ([]byte, error) {
	return nil, &loginError{errors.New("the server refused the access token")}
}
