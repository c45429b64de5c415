using System.Runtime.CompilerServices;

// The sampler and the trainer stand on the kernels' inner types (pages, work spaces, lanes), which are no public surface.
[assembly: InternalsVisibleTo("Ratchet.Sampling")]
[assembly: InternalsVisibleTo("Ratchet.Sampling.Tests")]
[assembly: InternalsVisibleTo("Ratchet.Learning")]
[assembly: InternalsVisibleTo("Ratchet.Learning.Tests")]
