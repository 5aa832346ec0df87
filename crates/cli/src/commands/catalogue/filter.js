const articles = [...document.querySelectorAll("article")];
const entries = [...document.querySelectorAll("nav li")];
const shown = document.getElementById("shown");
document.getElementById("filter").addEventListener("input", (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  articles.forEach((article, number) => {
    const text = article.textContent.toLowerCase();
    const wanted = words.every((word) => text.includes(word));
    article.hidden = entries[number].hidden = !wanted;
    count += wanted;
  });
  shown.textContent = `${count} of ${articles.length} rules`;
});
