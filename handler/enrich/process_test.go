package enrich

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// render writes attributes as key=value, one a line.
func render(attrs []slog.Attr) []string {
	var out []string
	for _, a := range attrs {
		out = append(out, fmt.Sprintf("%s=%v", a.Key, a.Value))
	}
	return out
}

func TestProcessAttributes(t *testing.T) {
	none := errors.New("unknown")
	for name, tt := range map[string]struct {
		opts    Options
		env     map[string]string
		broken  bool // no executable, no host name
		want    []string
		wantErr []string
	}{
		"nothing set": {
			want: []string{"@version=1", "service=app", "service_version=v1.2.3", "host=box", "process=[pid=7]"},
		},
		"environment": {
			env: map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "service.name=a, service.version = 2,deployment.environment.name=staging," +
				"deployment.environment=old,host.name=h,k8s.pod.name=p-1,k8s.cluster.name=c%2C1,,k8s.cluster.name=c2"},
			want: []string{"@version=1", "service=a", "service_version=2", "environment=staging", "host=h", "pod=p-1",
				"process=[pid=7]", "k8s.cluster.name=c2"},
		},
		"old name of the environment": {
			env:  map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment=old"},
			want: []string{"@version=1", "service=app", "service_version=v1.2.3", "environment=old", "host=box", "process=[pid=7]"},
		},
		"service name has a variable of its own": {
			env:  map[string]string{"OTEL_SERVICE_NAME": "b", "OTEL_RESOURCE_ATTRIBUTES": "service.name=a"},
			want: []string{"@version=1", "service=b", "service_version=v1.2.3", "host=box", "process=[pid=7]"},
		},
		"options come first": {
			opts: Options{Service: "s", Version: "v", Environment: "e", Host: "h", Attrs: []slog.Attr{
				slog.String("region", "eu"), slog.String("service", "mine"), {}, slog.Group("", slog.Int("inline", 1)),
				slog.Any("late", lazy{}),
			}},
			env: map[string]string{"OTEL_SERVICE_NAME": "b", "OTEL_RESOURCE_ATTRIBUTES": "region=us"},
			want: []string{"@version=1", "service=mine", "service_version=v", "environment=e", "host=h", "process=[pid=7]",
				"region=eu", "=[inline=1]", "late=resolved"},
		},
		"what cannot be read is named and left out": {
			env:     map[string]string{"OTEL_RESOURCE_ATTRIBUTES": "novalue,=x,bad=%zz,good=1"},
			want:    []string{"@version=1", "service=app", "service_version=v1.2.3", "host=box", "process=[pid=7]", "good=1"},
			wantErr: []string{`"novalue"`, `"=x"`, `"bad=%zz"`, "want key=value"},
		},
		"a machine without names": {
			broken:  true,
			want:    []string{"@version=1", "service_version=v1.2.3", "process=[pid=7]"},
			wantErr: []string{"Options.Service", "Options.Host"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := environment{
				getenv:     func(k string) string { return tt.env[k] },
				hostname:   func() (string, error) { return "box", nil },
				executable: func() (string, error) { return "/opt/app.exe", nil },
				version:    func() string { return "v1.2.3" },
				pid:        7,
			}
			if tt.broken {
				env.hostname = func() (string, error) { return "", none }
				env.executable = func() (string, error) { return "", none }
			}
			before := fmt.Sprint(tt.opts)
			attrs, err := tt.opts.process(env)
			if d := cmp.Diff(tt.want, render(attrs)); d != "" {
				t.Errorf("attributes (-want +got):\n%s", d)
			}
			if (err != nil) != (len(tt.wantErr) > 0) {
				t.Fatalf("error %v, want one that has %q", err, tt.wantErr)
			}
			for _, part := range tt.wantErr {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %s", err, part)
				}
			}
			if after := fmt.Sprint(tt.opts); after != before {
				t.Errorf("options were changed from %s to %s", before, after)
			}
		})
	}
}

type lazy struct{}

func (lazy) LogValue() slog.Value { return slog.StringValue("resolved") }

func FuzzParseResource(f *testing.F) {
	f.Add("a=b,c=d%20e,,=,x")
	f.Fuzz(func(t *testing.T, text string) {
		attrs, _ := parseResource(text)
		seen := make(map[string]bool)
		for _, a := range attrs {
			if a.Key == "" || seen[a.Key] {
				t.Errorf("parseResource(%q) has the key %q, empty or twice", text, a.Key)
			}
			seen[a.Key] = true
		}
	})
}

func TestValidateNamesWhatIsWrong(t *testing.T) {
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "oops")
	err := (&Options{Stack: 7, Enrichers: []Enricher{nil}}).Validate()
	for _, part := range []string{"Stack is 7", "Enrichers[0] is nil", `"oops"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("error %v does not name %s", err, part)
		}
	}
	if err := (&Options{OmitProcess: true}).Validate(); err != nil {
		t.Errorf("error %v for good options", err)
	}
	if err := (*Options)(nil).Validate(); err != nil {
		t.Errorf("error %v for nil options", err)
	}
}

func TestStackAsText(t *testing.T) {
	for _, want := range []Stack{StackErrors, StackCritical, StackOff} {
		text, err := want.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		got := Stack(99)
		if err := got.UnmarshalText(text); err != nil || got != want || want.String() != string(text) {
			t.Errorf("%v through text %q is %v, %v", want, text, got, err)
		}
	}
	s := StackOff
	if err := s.UnmarshalText(nil); err != nil || s != StackErrors {
		t.Errorf("empty text is %v, %v; want errors", s, err)
	}
	if err := s.UnmarshalText([]byte("loud")); err == nil || !strings.Contains(err.Error(), `"loud"`) {
		t.Errorf("error %v does not name the text", err)
	}
	if _, err := Stack(9).MarshalText(); err == nil || Stack(9).String() != "Stack(9)" {
		t.Errorf("Stack(9) has the text %v, error %v", Stack(9), err)
	}
}
