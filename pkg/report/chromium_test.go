package report

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-07ce53fa/diagnose/parsers/parsertest"
)

// browser finds a headless Chromium. With CI_FULL a machine without one fails.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	parsertest.Lacks(t, "no chromium, chromium-browser or google-chrome in PATH, so the HTML report was not opened in a browser", "apt-get install chromium")
	return ""
}

// site serves pages on this machine and notes what is asked for.
type site struct {
	*httptest.Server
	pages map[string]string
	mu    sync.Mutex
	asked []string
}

func newSite(t *testing.T, pages map[string]string) *site {
	s := &site{pages: pages}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		page, ok := s.pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(s.Close)
	return s
}

// paths are those that were asked for so far.
func (s *site) paths() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// open loads a page and returns what the browser prints, and what it says on its
// console: script errors and violations of the page's policy.
func open(t *testing.T, chromium string, scripts bool, url string, args ...string) (out, console string) {
	t.Helper()
	profile := t.TempDir()
	if !scripts { // as a user turns them off, in the browser's settings
		settings := filepath.Join(profile, "Default", "Preferences")
		if err := os.Mkdir(filepath.Dir(settings), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(settings, []byte(`{"profile":{"default_content_setting_values":{"javascript":2}}}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
		"--user-data-dir=" + profile, "--enable-logging=stderr", "--v=0",
	}, append(args, url)...)
	cmd := exec.CommandContext(ctx, chromium, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", chromium, err, stderr.String())
	}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, "CONSOLE") {
			console += line
		}
	}
	return stdout.String(), console
}

const onerror = `<img src="/stolen.png" onerror="document.title='stolen'">`

// The page in a browser: nothing on the console, nothing loaded, its script allowed
// and no other; and a page that breaks its rules is found out.
func TestHTMLInChromium(t *testing.T) {
	chromium := browser(t)
	page := written(t, "html", capped())
	bad := strings.Replace(page, "<main>", "<main>"+onerror, 1)
	s := newSite(t, map[string]string{
		"/": page, "/hostile": written(t, "html", hostile(onerror+`</title><script>document.title="stolen"</script>`)), "/bad": bad,
	})

	hidden := regexp.MustCompile(`<button[^>]* hidden`)
	f := func(path string, scripts bool) {
		t.Helper()
		dom, console := open(t, chromium, scripts, s.URL+path, "--dump-dom")
		if console != "" {
			t.Errorf("%s: the console has\n%s", path, console)
		}
		if !strings.Contains(dom, "What became of the recipients put off") || !strings.Contains(dom, "</html>") {
			t.Errorf("%s: the page is not whole: %.300s", path, dom)
		}
		if !strings.Contains(dom, "<button") || hidden.MatchString(dom) == scripts {
			t.Errorf("%s, scripts %t: the buttons are hidden: %t", path, scripts, !scripts)
		}
		if strings.Contains(dom, "<title>stolen") {
			t.Errorf("%s: text of a log ran as a script", path)
		}
	}
	f("/", true)
	f("/", false)
	f("/hostile", true)
	for _, path := range s.paths() {
		if path != "/" && path != "/hostile" && path != "/favicon.ico" {
			t.Errorf("the page loads %s", path)
		}
	}
	if _, console := open(t, chromium, true, s.URL+"/bad", "--dump-dom"); !strings.Contains(console, "Content Security Policy") {
		t.Errorf("a page that loads a picture and has a handler is not found out: %q", console)
	}
}

// Screenshots are as they should be: light and dark; with scripts off the same as
// without a script at all; and it prints. SCREENSHOTS=DIR keeps them, to be looked at.
func TestHTMLScreenshots(t *testing.T) {
	chromium := browser(t)
	page := written(t, "html", capped())
	script := regexp.MustCompile(`(?s)<script>.*</script>`)
	s := newSite(t, map[string]string{"/": page, "/plain": script.ReplaceAllString(page, "")})
	dir := t.TempDir()
	if keep := os.Getenv("SCREENSHOTS"); keep != "" {
		dir = keep
	}
	shot := func(name, path, size, setting string, scripts bool) image.Image {
		t.Helper()
		file := filepath.Join(dir, name+".png")
		_, console := open(t, chromium, scripts, s.URL+path, "--blink-settings="+setting, "--window-size="+size, "--screenshot="+file)
		if console != "" {
			t.Errorf("%s: the console has\n%s", name, console)
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	f := func(img image.Image, light bool) {
		t.Helper()
		r, g, b, _ := img.At(2, 2).RGBA()
		if sum := (r + g + b) / 3 >> 8; light != (sum > 200) || !light != (sum < 60) {
			t.Errorf("the page is %d of 255 bright, want it light: %t", sum, light)
		}
	}
	light := shot("light", "/", "1100,3000", "preferredColorScheme=1", true)
	f(light, true)
	f(shot("dark", "/", "1100,3000", "preferredColorScheme=0", true), false)
	f(shot("phone", "/", "500,3000", "preferredColorScheme=1", true), true)
	off := shot("off", "/", "1100,3000", "preferredColorScheme=1", false)
	if plain := shot("plain", "/plain", "1100,3000", "preferredColorScheme=1", true); !reflect.DeepEqual(off, plain) {
		t.Error("with scripts off the page is not what it is without a script")
	}
	if reflect.DeepEqual(off, light) {
		t.Error("scripts were not off: the buttons are there")
	}

	pdf := filepath.Join(dir, "print.pdf")
	open(t, chromium, true, s.URL, "--no-pdf-header-footer", "--print-to-pdf="+pdf)
	data, err := os.ReadFile(pdf)
	if err != nil || !bytes.HasPrefix(data, []byte("%PDF-")) {
		t.Errorf("not printed: %v, %.10q", err, data)
	}
}
