// Says something random once it runs: nothing of it may have been decided while the image was built.
const early = new Map<string, number>();
early.set("top level", 1);

setTimeout(() => {
  console.log(`math ${Math.random()} ${Math.random()}`);
  console.log(`uuid ${crypto.randomUUID()}`);
}, 1);
