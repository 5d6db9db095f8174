package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

// completionCommand is a function, since it lists the other commands.
func completionCommand() command {
	return command{
		name: "completion", args: "bash|zsh|fish", short: "print a completion script for a shell",
		long: `
Prints a script that completes commands, flags and files.

  source <(sluice completion bash)
  sluice completion fish > ~/.config/fish/completions/sluice.fish`,
		setup: func(*flag.FlagSet) func(context.Context, env, []string) error {
			return func(_ context.Context, e env, args []string) error {
				if len(args) != 1 {
					return usagef("want one of bash, zsh, fish")
				}
				script, ok := map[string]func() string{"bash": bash, "zsh": zsh, "fish": fish}[args[0]]
				if !ok {
					return usagef("%q is no shell that is known; want one of bash, zsh, fish", args[0])
				}
				_, err := fmt.Fprint(e.stdout, script())
				return err
			}
		},
	}
}

// completable are the commands with their flags and their words.
func completable() (out []struct {
	command
	flags, words []string
}) {
	for _, c := range commands() {
		fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
		c.setup(fs)
		item := struct {
			command
			flags, words []string
		}{command: c}
		fs.VisitAll(func(f *flag.Flag) { item.flags = append(item.flags, f.Name) })
		if first, _, _ := strings.Cut(c.args, " "); strings.Contains(first, "|") {
			item.words = strings.Split(first, "|")
		}
		out = append(out, item)
	}
	return out
}

func bash() string {
	var b strings.Builder
	b.WriteString("_sluice() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\"\"\n\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n")
	var all []string
	var cases strings.Builder
	for _, c := range completable() {
		all = append(all, c.name)
		words := append([]string(nil), c.words...)
		for _, f := range c.flags {
			words = append(words, "--"+f)
		}
		fmt.Fprintf(&cases, "\t\t%s) words=%q ;;\n", c.name, strings.Join(words, " "))
	}
	fmt.Fprintf(&cases, "\t\thelp) words=%q ;;\n", strings.Join(all, " "))
	fmt.Fprintf(&b, "\t\twords=%q\n\telse\n\t\tcase ${COMP_WORDS[1]} in\n%s\t\tesac\n\tfi\n", strings.Join(all, " ")+" help", cases.String())
	b.WriteString("\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _sluice sluice\n")
	return b.String()
}

func zsh() string {
	return "#compdef sluice\nautoload -U +X bashcompinit && bashcompinit\n" + bash()
}

func fish() string {
	var b strings.Builder
	for _, c := range completable() {
		fmt.Fprintf(&b, "complete -c sluice -n __fish_use_subcommand -f -a %s -d '%s'\n", c.name, c.short)
		for _, w := range c.words {
			fmt.Fprintf(&b, "complete -c sluice -n '__fish_seen_subcommand_from %s' -a %s\n", c.name, w)
		}
		for _, f := range c.flags {
			fmt.Fprintf(&b, "complete -c sluice -n '__fish_seen_subcommand_from %s' -l %s\n", c.name, f)
		}
	}
	return b.String()
}
