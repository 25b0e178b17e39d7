// Said once for every page that keeps itself up to date: that nobody answers, so that nothing on it moves on as if.
const notice = document.getElementById("silence");
const usual = notice.textContent;

export const isSilent = (text = usual) => {
  if (notice.textContent !== text) notice.textContent = text;
  notice.hidden = false;
  document.documentElement.toggleAttribute("data-silent", true);
};

export const answers = () => {
  notice.hidden = true;
  document.documentElement.removeAttribute("data-silent");
};
