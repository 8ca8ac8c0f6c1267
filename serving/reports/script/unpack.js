// Data that lie in the page as base64 of deflated JSON, by the id of their element.
page.unpack = async (id) => {
  const element = document.getElementById(id);
  if (!element) return null;
  const letters = atob(element.textContent.trim());
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
};
