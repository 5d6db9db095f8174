// Package entity masks the names of persons, places and organisations, which no pattern finds.
//
//	logger := slog.New(entity.NewHandler(slog.NewJSONHandler(os.Stdout, nil), nil))
//	logger.Info("invoice sent to Maria Gonzalez, Berlin", "company", "Harbor Bank")
//	// {"msg":"invoice sent to [PERSON_REDACTED], [LOCATION_REDACTED]","company":"[ORGANIZATION_REDACTED]"}
//
// A [Handler] masks the message, texts in attributes at any depth, and the attributes of loggers and of the record's root. It costs
// microseconds where package mask costs nanoseconds, so its place is behind the queue and before every sink.
//
// # How names are found
//
// By a [Tagger]: a linear model that is built in, and nothing beside it. A text without a capital letter has no name and is passed at
// once; names stand in capitals, but under keys that are a name's (author, city, company). Each word that may belong to a name gets features:
// the word, how it is written, its neighbours, the key of its attribute, the key=value that it stands in. What the same text had in it
// is remembered. The model file, where it comes from and how to make it again is in internal/tag/NOTICE.md.
//
// The text under keys that hold what programs say to each other (id, path, host, status, …) is not looked at.
//
// A name that nobody wrote in capitals, a first name that is a word (Will, Grace) and a company that is a product will sometimes pass, and
// sometimes a word in capitals will be taken for a name. This is a second line of defence: known secrets belong under keys that package
// mask knows.
//
// # Larger models
//
// Options.Detector is asked instead of the tagger where one is set. It has a budget of time, its panics are contained, and a circuit breaker
// spares a detector that keeps failing: the text is then masked by the tagger. A text is never passed because a
// detector failed. Package presidio is such a detector.
package entity
