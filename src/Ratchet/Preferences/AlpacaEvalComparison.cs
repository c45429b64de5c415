using Ratchet.Runs;

namespace Ratchet.Preferences;

/// <summary>Lets an annotator compare a model's responses with a reference's.</summary>
public static class AlpacaEvalComparison
{
    /// <summary>Name of <see cref="NullModel"/>.</summary>
    public const string NullModelName = "null-model";

    /// <summary>
    /// A model that gives the same polite nothing to every instruction. Constant answers have won against judges (arXiv 2410.07137); where this one does not lose clearly, the judge is
    /// worth nothing.
    /// </summary>
    public static IReadOnlyList<AlpacaEvalOutput> NullModel(IReadOnlyList<AlpacaEvalOutput> reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        return [.. reference.Select(r => new AlpacaEvalOutput(r.Instruction, "Thank you for the question. I have considered it carefully and hope that this response meets your needs.", NullModelName, r.Dataset))];
    }

    /// <summary>Judges each of the model's responses against the reference's response to the same instruction.</summary>
    /// <param name="annotator">Judge.</param>
    /// <param name="model">Responses of one model.</param>
    /// <param name="reference">Responses of the reference.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="RatchetException">Instructions of the model have no response of the reference (exit code 2).</exception>
    public static async Task<IReadOnlyList<AlpacaEvalAnnotation>> JudgeAsync(IAnnotator annotator, IReadOnlyList<AlpacaEvalOutput> model, IReadOnlyList<AlpacaEvalOutput> reference, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(annotator);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(reference);
        var by = reference.ToDictionary(r => r.Instruction, StringComparer.Ordinal);
        var name = model.Select(m => m.Generator).FirstOrDefault(g => g is not null) ?? "model";
        var alone = model.Where(m => !by.ContainsKey(m.Instruction)).ToList();
        if (alone.Count > 0)
        {
            var shown = alone[0].Instruction;
            throw new RatchetException($"{alone.Count} of the {model.Count} instructions of {name} have no response of the reference, for example '{(shown.Length <= 60 ? shown : shown[..60] + "...")}'.", "Instructions must be the same text in both files.") { ExitCode = 2 };
        }

        var pairs = model.Select((m, i) => new AnnotationRequest(new ResponsePair { Id = $"{i}", Instruction = m.Instruction, First = by[m.Instruction].Output, Second = m.Output })).ToList();
        var labels = await annotator.AnnotateAsync(pairs, cancellationToken).ConfigureAwait(false);
        return
        [
            .. model.Select((m, i) => new AlpacaEvalAnnotation
            {
                Instruction = m.Instruction, Output1 = by[m.Instruction].Output, Generator1 = by[m.Instruction].Generator ?? "reference", Output2 = m.Output, Generator2 = m.Generator ?? name, Dataset = m.Dataset, Annotator = labels[i].Annotator,
                Preference = labels[i].Preference,
            }),
        ];
    }
}
