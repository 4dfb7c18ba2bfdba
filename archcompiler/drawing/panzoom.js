// Moves and enlarges a picture by its viewBox. `whole` has the wheel and the keys of the page;
// a picture within a page takes the wheel with Ctrl or Cmd, and keys while it has the focus.
const SLIP = 3;  // px that a click may move
const panzoom = (picture, whole) => {
  const box = picture.viewBox.baseVal;
  const first = [box.x, box.y, box.width, box.height];
  let view = [...first], grip = null, press = null;
  const show = (seen = "part") => {
    picture.setAttribute("viewBox", view.join(" "));
    picture.dataset.seen = seen;  // by choice: a part or all of it; or what is seen at first
  };
  const at = (x, y) => new DOMPoint(x, y).matrixTransform(picture.getScreenCTM().inverse());
  const zoom = (factor, point) => {
    const width = Math.min(Math.max(view[2] * factor, first[2] / 200), first[2] * 4);
    const by = width / view[2];
    view = [point.x - (point.x - view[0]) * by, point.y - (point.y - view[1]) * by,
            width, view[3] * by];
    show();
  };
  const middle = () => ({x: view[0] + view[2] / 2, y: view[1] + view[3] / 2});
  const reset = () => { view = [...first]; show("all"); };
  picture.addEventListener("wheel", event => {
    if (!whole && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(event.deltaY / 400), at(event.clientX, event.clientY));
  }, {passive: false});
  picture.addEventListener("pointerdown", event => {
    if (!event.button) press = event;
  });
  picture.addEventListener("pointermove", event => {
    if (!press) return;
    const moved = Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY);
    if (!grip && moved > SLIP) {
      grip = at(press.clientX, press.clientY);
      picture.setPointerCapture(event.pointerId);
    }
    if (!grip) return;
    const now = at(event.clientX, event.clientY);
    view[0] += grip.x - now.x;
    view[1] += grip.y - now.y;
    show();
  });
  const drop = () => { grip = press = null; };
  for (const kind of ["pointerup", "pointercancel", "pointerleave"]) {
    picture.addEventListener(kind, drop);
  }
  picture.addEventListener("dblclick", reset);
  const larger = () => zoom(0.8, middle()), smaller = () => zoom(1.25, middle());
  const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
  (whole ? document : picture).addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "+" || event.key === "=") larger();
    else if (event.key === "-") smaller();
    else if (event.key === "0") reset();
    else if (event.key in steps) {
      const [right, down] = steps[event.key];
      view[0] += right * view[2] / 10;
      view[1] += down * view[3] / 10;
      show();
    } else return;
    event.preventDefault();
  });
  const look = (part, seen) => { view = part; show(seen); };
  return {larger, smaller, reset, look};
};
