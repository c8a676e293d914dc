"""Opens a report in headless Chromium, clicks through it, and fails on any error in the console."""
import re
import subprocess
import sys
import tempfile

# Run in the page once it is drawn; what it finds becomes the title.
CLICKS = """
<script>
addEventListener("error", event => document.title = "ERROR " + event.message);
addEventListener("load", () => {
  const layers = [...document.querySelectorAll("details.layer")];
  layers.forEach(layer => layer.open = true);
  document.querySelectorAll("th button").forEach(button => { button.click(); button.click(); });
  setTimeout(() => {
    const drawn = layers.filter(layer => layer.querySelector("dl")).length, wide = document.documentElement.scrollWidth > innerWidth;
    document.title = `FOUND ${layers.length} layers, ${drawn} drawn, ${document.querySelectorAll("svg").length} charts, ${wide ? "too wide" : "fits"}`;
  }, 50);
});
</script>
"""

page = open(sys.argv[1]).read()
for width in (1200, 400):
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/page.html", "w") as file:
            file.write(page.replace("<script type=", CLICKS + "<script type=", 1))
        run = subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + folder + "/profile",
                              "--window-size=%d,900" % width, "--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom",
                              "file://" + folder + "/page.html"], capture_output=True, text=True, timeout=120)
    console = [line for line in run.stderr.splitlines() if "CONSOLE" in line]
    assert not console, console
    title = re.search("<title>(.*?)</title>", run.stdout).group(1)
    found = re.match(r"FOUND (\d+) layers, (\d+) drawn, (\d+) charts, fits", title)
    assert found and found.group(1) == found.group(2) and int(found.group(3)) >= int(found.group(1)), title
    assert "undefined" not in re.sub("(?s)<script.*?</script>", "", run.stdout) and "NaN" not in re.sub("(?s)<script.*?</script>", "", run.stdout).replace(", 0 NaN", "").replace("mask or NaN", "")
print("opened: %s layers" % found.group(1))
