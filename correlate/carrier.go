package correlate

import (
	"maps"
	"slices"
	"strings"
)

// Values returns a carrier over m, for headers that have several values for a name and keep its case, as NATS has them. Names are
// found in any case. Nothing can be put into a nil map.
func Values(m map[string][]string) Carrier { return valuesCarrier(m) }

type valuesCarrier map[string][]string

func (m valuesCarrier) Get(key string) string {
	if v := m.Values(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (m valuesCarrier) Values(key string) (all []string) {
	for k, v := range m {
		if strings.EqualFold(k, key) {
			all = append(all, v...)
		}
	}
	return all
}

func (m valuesCarrier) Set(key, value string) { put(m, key, []string{value}) }

func (m valuesCarrier) Keys() []string { return slices.Collect(maps.Keys(m)) }

// put puts a value into m, in the place of those under the same name in other case.
func put[V any](m map[string]V, key string, value V) {
	if m == nil {
		return
	}
	for k := range m {
		if k != key && strings.EqualFold(k, key) {
			delete(m, k)
		}
	}
	m[key] = value
}

// Table returns a carrier over m, for headers whose values have types, as AMQP has them: texts and bytes count, others do not. Names
// are found in any case. Nothing can be put into a nil map.
func Table(m map[string]any) Carrier { return tableCarrier(m) }

type tableCarrier map[string]any

func (m tableCarrier) Get(key string) string {
	for k, v := range m {
		if strings.EqualFold(k, key) {
			switch v := v.(type) {
			case string:
				return v
			case []byte:
				return string(v)
			}
		}
	}
	return ""
}

func (m tableCarrier) Set(key, value string) { put(m, key, any(value)) }

func (m tableCarrier) Keys() []string { return slices.Collect(maps.Keys(m)) }

// List returns a carrier over the headers of a message that has them as a list of names and bytes, as Kafka's clients do, each with
// a type of its own. read takes a header apart and build makes one:
//
//	c := correlate.List(&msg.Headers,
//		func(h kafka.Header) (string, []byte) { return h.Key, h.Value },
//		func(key string, value []byte) kafka.Header { return kafka.Header{Key: key, Value: value} })
//
// Names are found in any case. What is put takes the place of all of its name. A nil headers has none, and takes none.
func List[H any](headers *[]H, read func(H) (key string, value []byte), build func(key string, value []byte) H) Carrier {
	return &listCarrier[H]{headers, read, build}
}

type listCarrier[H any] struct {
	headers *[]H
	read    func(H) (string, []byte)
	build   func(string, []byte) H
}

func (l *listCarrier[H]) Get(key string) string {
	if v := l.Values(key); len(v) > 0 {
		return v[0]
	}
	return ""
}

func (l *listCarrier[H]) Values(key string) (all []string) {
	if l.headers == nil {
		return nil
	}
	for _, h := range *l.headers {
		if k, v := l.read(h); strings.EqualFold(k, key) {
			all = append(all, string(v))
		}
	}
	return all
}

func (l *listCarrier[H]) Set(key, value string) {
	if l.headers == nil {
		return
	}
	// The list may be shared with other messages: it is made anew.
	kept := make([]H, 0, len(*l.headers)+1)
	for _, h := range *l.headers {
		if k, _ := l.read(h); !strings.EqualFold(k, key) {
			kept = append(kept, h)
		}
	}
	*l.headers = append(kept, l.build(key, []byte(value)))
}

func (l *listCarrier[H]) Keys() (keys []string) {
	if l.headers == nil {
		return nil
	}
	for _, h := range *l.headers {
		k, _ := l.read(h)
		keys = append(keys, k)
	}
	return keys
}
