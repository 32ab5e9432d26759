export interface UnitText {
  readonly name: string;
  readonly text: string;
}

const nas: UnitText = {
  name: "srv-nas.mount",
  text: "[Unit]\nDescription=NAS\n[Mount]\nWhat=nas:/data\nWhere=/srv/nas\nType=nfs\n[X-Fleet]\nGlobal=true\n",
};
const database = (n: number, more = ""): UnitText => ({
  name: `db-${n}.service`,
  text: `[Unit]\nDescription=db ${n}${more}\nRequiresMountsFor=/srv/nas\n[Service]\nExecStart=/bin/db ${n}\nRestart=always\n`,
});
const disk: UnitText = {
  name: "srv-disk.mount",
  text: "[Unit]\nDescription=disk\n[Mount]\nWhat=/dev/disk/by-label/disk\nWhere=/srv/disk\nType=ext4\n",
};
const store: UnitText = {
  name: "store.service",
  text: "[Unit]\nRequiresMountsFor=/srv/disk\n[Service]\nExecStart=/bin/store\n",
};
const web: UnitText = { name: "web.service", text: "[Service]\nExecStart=/bin/web\nRestart=always\n" };
const lonely: UnitText = {
  name: "lonely.service",
  text: "[Service]\nExecStart=/bin/lonely\n[X-Flotilla]\nExclusive=yes\n",
};

/** What every run begins with. */
export const firstUnits: readonly UnitText[] = [nas, database(1), database(2), disk, store, web, lonely];

/** What operators submit later: the same names, sometimes with other contents. */
export function texts(random: () => number): readonly UnitText[] {
  const more = random() < 0.5 ? "" : ` of ${Math.floor(random() * 5)}`;
  return [database(1, more), database(2, more), database(3), disk, store, web, lonely];
}
