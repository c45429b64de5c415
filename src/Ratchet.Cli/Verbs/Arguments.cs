using System.CommandLine;
using Ratchet.Models.Cpu;

namespace Ratchet.Cli.Verbs;

/// <summary>Arguments that several verbs take.</summary>
internal static class Arguments
{
    public static Argument<string> Run(string name = "run") => new(name) { Description = "Folder of a run." };

    public static Option<bool> Json() => new("--json") { Description = "Machine-readable output." };

    /// <summary>Where a model is computed.</summary>
    public static Option<string> Device() => new("--device") { HelpName = "name", Description = "Where models are computed: cpu, cuda or cuda:N.", DefaultValueFactory = _ => "cpu" };

    /// <summary>How a model's matrices are held.</summary>
    public static Option<WeightPrecision> WeightsType() => new("--weights-type")
    {
        HelpName = string.Join('|', Enum.GetNames<WeightPrecision>()).ToLowerInvariant(), Description = "How a model's matrices are held; int8 on the CPU's own kernels only.", DefaultValueFactory = _ => WeightPrecision.Float32,
    };

    public static Option<string> Domain() => new("--domain") { HelpName = "name", Description = "Domain, see 'ratchet list domains'.", DefaultValueFactory = _ => "propositional" };
}
