package mail

import "fmt"

// FaultKind names what was wrong with a mail.
type FaultKind string

// The kinds of faults.
const (
	FaultHeader     FaultKind = "header"     // broken header lines, mended or left out
	FaultFrom       FaultKind = "from"       // nobody to answer to
	FaultDate       FaultKind = "date"       // missing or unreadable date
	FaultID         FaultKind = "id"         // missing Message-ID
	FaultAddress    FaultKind = "address"    // unreadable or shortened address
	FaultType       FaultKind = "type"       // unreadable Content-Type
	FaultStructure  FaultKind = "structure"  // boundaries missing or wrong
	FaultEncoding   FaultKind = "encoding"   // unknown or broken transfer encoding
	FaultCharset    FaultKind = "charset"    // unknown or wrong character set; guessed
	FaultLimit      FaultKind = "limit"      // more than Limits allow; the rest was left out
	FaultAttachment FaultKind = "attachment" // an attachment could not be kept
	FaultRead       FaultKind = "read"       // the source ended with an error
)

// Fault is one thing that could not be read as it stood.
type Fault struct {
	Kind FaultKind `json:"kind"`
	Text string    `json:"text"` // in English, for the ledger and the log; never carries the text of the mail
}

func (f Fault) String() string { return string(f.Kind) + ": " + f.Text }

const maxFaults = 100

// fault notes a fault once; a mail with thousands of them keeps the first hundred.
func (m *Message) fault(kind FaultKind, format string, args ...any) {
	f := Fault{kind, fmt.Sprintf(format, args...)}
	if len(m.Faults) >= maxFaults {
		return
	}
	for _, have := range m.Faults {
		if have == f {
			return
		}
	}
	m.Faults = append(m.Faults, f)
}
