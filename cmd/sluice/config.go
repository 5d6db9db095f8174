package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sluicelog/sluice"
)

var configCommand = command{
	name: "config", args: "check|show|schema [FILE]", short: "check or show a configuration",
	long: `
check reads the file and says, for each mistake, where it stands, what was found and what is allowed.
show prints the configuration in effect: the file, overridden by the environment variables, completed by the preset of the
environment. Secrets are not shown.
schema prints the JSON schema of the file, for editors.

  sluice config check sluice.yaml
  SLUICE_ENV=production sluice config show
  sluice config schema > sluice.schema.json`,
	setup: func(*flag.FlagSet) func(context.Context, env, []string) error {
		return func(_ context.Context, e env, args []string) error {
			switch {
			case len(args) == 2 && (args[0] == "check" || args[0] == "show"), len(args) == 1 && (args[0] == "show" || args[0] == "schema"):
			default:
				return usagef("%q: want check FILE, show [FILE] or schema", args)
			}
			var cfg sluice.Config
			var err error
			if len(args) == 2 {
				cfg, err = sluice.LoadConfig(args[1])
				if wrong := (*sluice.ConfigError)(nil); errors.As(err, &wrong) {
					fmt.Fprintln(e.stderr, strings.TrimPrefix(err.Error(), "sluice: config: ")) // FILE:LINE:COLUMN: as editors read it
					return usagef("%s is not right", args[1])
				}
				if err != nil {
					return usageError{err}
				}
			}
			switch args[0] {
			case "check":
				_, err = fmt.Fprintf(e.stdout, "%s: ok\n", args[1])
				return err
			case "show":
				if cfg, err = cfg.Effective(); err != nil {
					return usageError{err}
				}
				text, err := yaml.Marshal(cfg)
				if err != nil {
					return err
				}
				_, err = e.stdout.Write(text)
				return err
			}
			_, err = e.stdout.Write(sluice.Schema)
			return err
		}
	},
}
