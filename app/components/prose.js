// Paragraphs whose words lead to boxes. Texts come as texts: nothing in them can become markup.
const TAGS = { strong: "strong", code: "code", word: "span", plain: "span" };
let begun = false;

// A new step: its top comes into view where it is not, and Tab and screen readers go on there.
function begin(page, root) {
  if (!page || root.dataset.page === page) return;
  root.dataset.page = page;
  Object.assign(root, { tabIndex: -1, role: "group", ariaLabel: page });
  const top = root.getRootNode().host?.closest("[class*=st-key-lesson-step]") ?? root;
  if (top.getBoundingClientRect().top < 0 || root.getBoundingClientRect().top > innerHeight / 2) top.scrollIntoView({ block: "start" });
  if (begun) root.focus({ preventScroll: true });  // not where a page is opened
  begun = true;
}

export default function prose({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".prose"), told = JSON.stringify(data.paragraphs);
  if (root.dataset.told !== told) {
    root.dataset.told = told;
    root.replaceChildren(...data.paragraphs.map((pieces) => {
      const paragraph = document.createElement("p");
      paragraph.append(...pieces.map(({ text, kind, path }) => {
        const piece = document.createElement(TAGS[kind] ?? "span");
        piece.textContent = text;
        if (kind === "word") Object.assign(piece, { className: "word", role: "button", tabIndex: 0 }).dataset.path = path;
        return piece;
      }));
      return paragraph;
    }));
  }
  const mark = (path) => {
    for (const word of root.querySelectorAll(".word")) word.setAttribute("aria-pressed", String(word.dataset.path === path));
  };
  mark(data.spoken);
  begin(data.page, root);
  root.onkeydown = (event) => {
    if ((event.key !== "Enter" && event.key !== " ") || event.target === root) return;
    event.preventDefault();
    event.target.click();
  };
  root.onclick = (event) => {
    const word = event.target.closest(".word");    // no button element: those do not break at the end of a line
    if (!word) return;
    mark(word.dataset.path);                       // at once, before the server answers
    setTriggerValue("clicked", word.dataset.path);
  };
}
