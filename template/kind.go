package template

// Kind is the type of a variable. Kinds are found by spelling alone: no dictionary, no setting.
type Kind uint8

const (
	// Word is a variable of no other kind: a name, an identifier with digits in it, a mixture.
	Word Kind = iota + 1
	// Number is a decimal integer or fraction, with a sign or an exponent: 42, -3.5, 1e9.
	Number
	// Hex is 0x and hexadecimal digits, or at least eight of them, letters and digits mixed.
	Hex
	// UUID is 8-4-4-4-12 hexadecimal digits (RFC 9562).
	UUID
	// IP is an IPv4 or IPv6 address, with or without a port.
	IP
	// Path is a file path or a URL.
	Path
	// Duration is numbers with units of time as time.Duration writes them: 20ms, 1m30s.
	Duration
	// Timestamp is a date, a time of day or both.
	Timestamp
	// Quoted is the text between quotation marks, which belong to the template.
	Quoted
)

// constant stands in a slot for a token that is part of the template.
const constant Kind = 0

var kindNames = [...]string{
	constant: "constant", Word: "word", Number: "number", Hex: "hex", UUID: "uuid", IP: "ip", Path: "path", Duration: "duration",
	Timestamp: "timestamp", Quoted: "quoted",
}

// String returns the name of k in lower case, as templates spell it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// join is the kind of a slot that has held variables of both kinds.
func (k Kind) join(other Kind) Kind {
	switch {
	case k == other:
		return k
	case k == Number && other == Hex, k == Hex && other == Number:
		return Hex
	case k == Number && other == Duration, k == Duration && other == Number:
		return Duration
	}
	return Word
}
