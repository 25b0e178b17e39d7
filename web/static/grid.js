// Where the second pinned column begins depends on how wide the columns before it turned out.
const table = document.querySelector(".grid.pinned-two");

const place = () => {
  const [number, first] = table.tHead.rows[0].cells;
  table.style.setProperty("--second-left", `${number.offsetWidth + first.offsetWidth}px`);
  table.classList.add("is-measured");
};

if (table) new ResizeObserver(place).observe(table);
