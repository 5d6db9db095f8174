// Package jsonenc writes log records as JSON objects, whatever their attributes hold: the result is always one line of
// valid JSON in which no object has a key twice.
//
// An [Encoder] is a configuration: the spelling of the fixed fields and the limits. It writes into a [Buffer], which is
// used by one goroutine at a time and holds what the encoder must remember about a line while it is written. The
// attributes of a logger are encoded once, in a [With]; those of a [chain.Block] are encoded once for all encoders that
// write alike and remembered in the block.
//
// # How keys are kept apart
//
// Every key is written first and judged where it lies. A filter of 64 bits says that it is new; when it cannot, the keys
// of the object, which are known by their place in the line, are compared. A key that must change is changed in place:
// the rest of the line moves by a few bytes. So a record without a conflict pays some ten instructions a key.
//
//   - The last of several equal keys keeps its name, the earlier ones become key#2, key#3, … in their order.
//   - At the root of the record a user's attribute that has the name of a fixed field, or of a root attribute of this
//     record, becomes attr.<key>.
//   - Leading and trailing dots become underscores, and so does an empty key; a key over 1 KiB is cut.
//
// # What is cut
//
// A value over the value limit and a line over the record limit are cut and carry a mark, …[40000 bytes], that says how
// long they were. A whole record is cut where it is widest: small values stay whole.
package jsonenc
