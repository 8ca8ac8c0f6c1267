// Scales and their ticks.
page.scale = (domain, range) => {
  const factor = (range[1] - range[0]) / (domain[1] - domain[0] || 1);
  const scale = (value) => range[0] + (value - domain[0]) * factor;
  scale.back = (place) => domain[0] + (place - range[0]) / factor;
  return scale;
};
// Days of months' or weeks' beginnings inside [from, to], at most `most`, and how they are written.
page.dayTicks = ([from, to], most) => {
  const months = [1, 2, 3, 6, 12, 24, 60, 120].find((step) => (to - from) / (30.4 * step) <= most) || 240;
  if ((to - from) / 30.4 >= 2.5) {
    const ticks = [];
    const start = new Date(from * 864e5);
    let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
    for (; ; month += months) {
      const day = Date.UTC(Math.floor(month / 12), month % 12, 1) / 864e5;
      if (day > to) break;
      const iso = page.isoOf(day);
      if (day >= from) ticks.push({ day, text: months >= 12 ? iso.slice(0, 4) : iso.slice(0, 7) });
    }
    return ticks;
  }
  const step = [1, 2, 7, 14].find((days) => (to - from) / days <= most) || 28;
  const ticks = [];
  for (let day = Math.ceil(from); day <= to; day += step) ticks.push({ day, text: page.isoOf(day) });
  return ticks;
};
page.shareTicks = (most) => {
  const step = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25].find((one) => most / one <= 5.5) || 0.5;
  const ticks = [];
  for (let share = 0; share <= most + 1e-9; share += step) ticks.push(share);
  return { ticks, digits: step < 0.01 ? 1 : 0 };
};
