// Package level names log levels, and decides by logger or package which records pass, changeable while the program runs.
//
// # Names
//
// Sluice has slog's four levels and [Critical]. [Parse] and [Name] turn text into a level and back, [ReplaceAttr] lets the handlers
// of log/slog write the name:
//
//	slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: level.ReplaceAttr})
//
// # Levels by logger and package
//
// A [Controller] holds a default level and levels for prefixes, written as one line:
//
//	info,store=debug,http=warn,github.com/acme/audio/=debug
//
// A prefix is the name of a logger or of a group of loggers: what the attribute "logger" says that was given to
// slog.Logger.With outside of any group. Dots and slashes separate segments; "store" covers "store", "store.index" and "store/index",
// not "storefront"; the longest prefix wins. Upper and lower case differ.
//
// A prefix with a slash in it is also the path of a package or of a tree of packages, found from the place of the log
// call; a slash at the end is for a path that has none otherwise ("app/" covers the packages app and app/…), and "main"
// is the program's own package. A rule that matches the logger's name goes before one that matches the package.
//
// The controller works as a middleware, before the first stage that costs anything:
//
//	ctrl, err := level.FromEnv("LOG_LEVEL")
//	…
//	logger := slog.New(ctrl.Handler(sink))
//	store := logger.With("logger", "store")
//
// What the next handler refuses stays refused: give the sink the lowest level that is ever wanted. As a slog.Leveler the
// controller is its default level.
//
// # Cost
//
// A record below its level costs a few nanoseconds and no allocation where the logger's name decides. Where package rules
// exist that are below the level of the logger, Enabled has to say yes (it is not told who asks), the record is made, and
// Handle looks its call site up in a bounded cache. So rules for packages are for the hour in which they are needed.
//
// # Changing it at run time
//
// [Controller.Set] and [Controller.SetFor] change the whole text, the latter for a time; the controller is an http.Handler too:
//
//	GET  /level                                              the levels now
//	PUT  /level {"spec": "info,store=debug"}                 all of them
//	PUT  /level {"logger": "store", "level": "debug", "for": "10m"}   one logger, for ten minutes
//	PUT  /level {"level": "warn"}                            the default
//
// The handler has no authentication of its own: mount it where only operators reach it. [Controller.OnChange] is told of every
// change, also of the end of a temporary one, for the audit trail.
package level
