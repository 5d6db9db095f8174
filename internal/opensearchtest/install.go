package opensearchtest

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Layout numbers what install makes: it changes when the same release has to be unpacked anew.
const layout = 1

// installation is an unpacked OpenSearch that many nodes can run from at the same time: it is only read.
type installation struct {
	java java
	home string
}

// unavailable is an error of the surroundings: tests skip, unless told to fail.
type unavailable struct{ error }

func (e unavailable) Unwrap() error { return e.error }

// cacheDir is where installations and the shared nodes' states lie. The account that runs nodes for root has to reach it.
func cacheDir() (string, error) {
	dir := os.Getenv("SLUICE_OPENSEARCH_DIR")
	switch {
	case dir != "":
	case os.Geteuid() == 0:
		dir = "/var/cache/sluice-opensearch"
	default:
		base, err := os.UserCacheDir()
		if err != nil {
			return "", unavailable{err}
		}
		dir = filepath.Join(base, "sluice-opensearch")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// install finds a Java, fetches and unpacks what is not there yet. Several processes may call it at the same time.
func install(ctx context.Context, dir string, secured bool) (installation, error) {
	unlock, err := lockFile(ctx, filepath.Join(dir, "install.lock"))
	if err != nil {
		return installation{}, err
	}
	defer unlock()
	j, err := findJava(ctx, dir)
	if err != nil {
		return installation{}, unavailable{err}
	}
	kind := ""
	if j.trimmed {
		kind = "-trimmed"
	}
	plain := filepath.Join(dir, fmt.Sprintf("%s-%d%s", Version, layout, kind))
	err = once(plain, func(tmp string) error { return unpackPlain(ctx, tmp, j) })
	if err != nil || !secured {
		return installation{j, plain}, err
	}
	home := plain + "-secured"
	err = once(home, func(tmp string) error { return unpackSecured(ctx, tmp, plain) })
	return installation{j, home}, err
}

// once fills a directory under a temporary name, so that it is there whole or not at all.
func once(dir string, fill func(tmp string) error) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	tmp := dir + ".tmp"
	if err := errors.Join(os.RemoveAll(tmp), os.Mkdir(tmp, 0o755)); err != nil {
		return err
	}
	if err := fill(tmp); err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return os.Rename(tmp, dir)
}

func unpackPlain(ctx context.Context, home string, j java) error {
	jars, err := fetch(ctx, home, j, pom(false, append(moduleArtifacts(), distribution)...))
	if err != nil {
		return err
	}
	if err := unzip(filepath.Join(jars, "opensearch-"+Version+".zip"), home, "opensearch-"+Version+"/"); err != nil {
		return err
	}
	for _, m := range modules {
		if j.trimmed && m.name == thaiModule {
			continue
		}
		if err := m.write(filepath.Join(home, "modules", m.name), jars); err != nil {
			return fmt.Errorf("opensearchtest: module %s: %w", m.name, err)
		}
	}
	return os.RemoveAll(jars)
}

func (m module) write(dir, jars string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "plugin-descriptor.properties"), []byte(m.descriptor()), 0o644); err != nil {
		return err
	}
	if m.policy != "" {
		if err := os.WriteFile(filepath.Join(dir, "plugin-security.policy"), []byte(m.policy), 0o644); err != nil {
			return err
		}
	}
	for _, pattern := range m.jars {
		found, err := filepath.Glob(filepath.Join(jars, pattern))
		if err != nil || len(found) == 0 {
			return fmt.Errorf("Maven brought no %s", pattern)
		}
		for _, jar := range found {
			if err := os.Link(jar, filepath.Join(dir, filepath.Base(jar))); err != nil {
				return err
			}
		}
	}
	return nil
}

var extendedPlugins = regexp.MustCompile(`(?m)^extended\.plugins=.*\n`)

// unpackSecured puts the security plugin beside a linked copy of the plain installation. The node's own installer refuses
// it, because the rule-framework plugin, which it names but needs for optional features alone, is not to be had.
func unpackSecured(ctx context.Context, home, plain string) error {
	j, err := findJava(ctx, filepath.Dir(plain))
	if err != nil {
		return unavailable{err}
	}
	jars, err := fetch(ctx, home, j, pom(true, securityArtifacts()...))
	if err != nil {
		return err
	}
	plugin := filepath.Join(home, "plugins", "opensearch-security")
	err = errors.Join(
		linkTree(plain, home),
		os.MkdirAll(plugin, 0o755),
		unzip(filepath.Join(jars, "opensearch-security-"+Version+".0.zip"), plugin, ""),
		os.Rename(filepath.Join(plugin, "config"), filepath.Join(home, "config", "opensearch-security")),
		os.Link(filepath.Join(jars, "commons-collections4-4.4.jar"), filepath.Join(plugin, "commons-collections4-4.4.jar")),
	)
	if err != nil {
		return err
	}
	descriptor := filepath.Join(plugin, "plugin-descriptor.properties")
	text, err := os.ReadFile(descriptor)
	if err != nil {
		return err
	}
	if err := os.WriteFile(descriptor, extendedPlugins.ReplaceAll(text, nil), 0o644); err != nil {
		return err
	}
	return os.RemoveAll(jars)
}

// fetch has Maven copy what a pom asks for into a directory under home.
func fetch(ctx context.Context, home string, j java, pom string) (string, error) {
	mvn, err := exec.LookPath("mvn")
	if err != nil {
		return "", unavailable{errors.New("no Maven: put mvn on the PATH, or set OPENSEARCH_URL to a running node")}
	}
	dir := filepath.Join(home, "fetched")
	file := filepath.Join(dir, "pom.xml")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(file, []byte(pom), 0o644)); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "-f", file, mavenPlugin, "-DoutputDirectory="+dir)
	if !j.trimmed {
		cmd.Env = append(os.Environ(), "JAVA_HOME="+j.home)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", unavailable{fmt.Errorf("Maven could not fetch OpenSearch %s: %w: %s", Version, err, lastLines(out, 5))}
	}
	return dir, nil
}

// unzip unpacks an archive, without the prefix of its names.
func unzip(archive, dir, prefix string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	for _, f := range r.File {
		name := strings.TrimPrefix(f.Name, prefix)
		if name == "" {
			continue
		}
		if !filepath.IsLocal(name) {
			return fmt.Errorf("%s: name %q leaves the directory", archive, f.Name)
		}
		if err := unzipOne(f, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	return nil
}

func unzipOne(f *zip.File, target string) error {
	if f.FileInfo().IsDir() {
		return os.MkdirAll(target, 0o755)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(target, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644|f.Mode().Perm()&0o111)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// linkTree makes a second tree of the same files.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		return os.Link(path, filepath.Join(to, rel))
	})
}
