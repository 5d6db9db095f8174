package mask

// The places of a record's message, and of keys that hold a secret themselves. Nothing is appended to them in place.
var (
	messagePlace = []byte("msg")[:3:3]
	keyPlace     = []byte("(key)")[:5:5]
)

// maxPathLen bounds the path of a finding.
const maxPathLen = 256

// at extends the path of the values that w walks over by a key, and returns how long it was, for back.
func (w *walker) at(key string) int {
	n := len(w.place)
	if n+len(key) < maxPathLen {
		if n > 0 {
			w.place = append(w.place, '.')
		}
		w.place = append(w.place, key...)
	}
	return n
}

// atEntry is at for the key of a map or of JSON, which may be a value itself: only a name is told.
func (w *walker) atEntry(key string) int {
	for i := range len(key) {
		if c := key[i]; !lower(c|0x20) && c != '_' && c != '-' && c != '.' {
			return w.at("*")
		}
	}
	return w.at(key)
}

func (w *walker) back(n int) { w.place = w.place[:n] }

// count counts a replacement at the place where w is, of a value as a whole.
func (w *walker) count(rule string) { w.found(Hit{Rule: rule, Score: 1}) }

// found counts what a rule has found, or tells of it.
func (w *walker) found(h Hit) {
	if w.hits == nil {
		w.m.counts.add(h.Rule, w.place)
		return
	}
	h.Path, h.Pass = string(w.place), w.round+1
	*w.hits = append(*w.hits, h)
}
