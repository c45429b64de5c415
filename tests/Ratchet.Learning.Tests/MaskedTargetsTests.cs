using Ratchet.Examples;
using Ratchet.Models.Torch;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests;

[Collection("torch")]
public sealed class MaskedTargetsTests
{
    private static readonly Example Whole = Tiny.Row("r", [1, 5, 3, 7, 2, 9, 4, 6, 8], targetStart: 2);
    private static readonly Example Masked = Whole with { Masked = [new IdSpan(3, 5), new IdSpan(6, 7)] };

    public static TheoryData<bool> Engines => [false, true];

    [Theory]
    [MemberData(nameof(Engines))]
    public void A_masked_id_is_context_and_adds_nothing_to_loss_and_gradient(bool torch)
    {
        using var trainer = Open(torch);
        Assert.Equal(4, Masked.Targets);
        var scores = trainer.Score([Whole.Ids])[0];
        Assert.Equal(-(scores[1] + scores[4] + scores[6] + scores[7]) / 4.0, trainer.Loss([Masked]), 1e-5);

        // Loss is a mean over targets: the whole row's gradient is made of the masked row's and those of the masked parts.
        var (whole, masked) = (Gradient(trainer, Whole), Gradient(trainer, Masked));
        var (first, second) = (Gradient(trainer, Whole with { Ids = [.. Whole.Ids.Take(5)], TargetStart = 3 }), Gradient(trainer, Whole with { Ids = [.. Whole.Ids.Take(7)], TargetStart = 6 }));
        foreach (var name in whole.Keys)
        {
            for (var i = 0; i < whole[name].Length; i++)
                Assert.Equal(7.0 * whole[name][i], (4.0 * masked[name][i]) + (2.0 * first[name][i]) + second[name][i], 2e-4);
        }
    }

    [Fact]
    public void Both_trainers_take_the_same_step_on_masked_rows()
    {
        using var own = Open(torch: false);
        using var torch = Open(torch: true);
        Example[] rows = [Masked, .. Tiny.Rows(3, Tiny.Config.VocabularySize)];
        var (a, b) = (own.Step(rows, 1e-3), torch.Step(rows, 1e-3));
        Assert.Equal(a.Loss, b.Loss, 1e-4);
        Assert.Equal(a.GradientNorm, b.GradientNorm, 1e-3);
    }

    [Fact]
    public void Masks_out_of_place_and_rows_without_a_target_are_refused_and_masks_are_part_of_a_requests_hash()
    {
        using var trainer = Open(torch: false);
        foreach (var spans in (IdSpan[][])[[new(1, 3)], [new(4, 4)], [new(5, 10)], [new(5, 6), new(3, 4)], [new(2, 9)]])
            Assert.Throws<RatchetException>(() => trainer.Loss([Whole with { Masked = spans }]));
        Assert.NotEqual(RequestHash.Rows([Whole]), RequestHash.Rows([Masked]));
        Assert.Equal([2, 5, 7, 8], Enumerable.Range(0, 12).Where(Masked.IsTarget));
    }

    private static IReadOnlyDictionary<string, float[]> Gradient(IDecoderTrainer trainer, Example row) => trainer is TorchTrainer torch ? torch.Gradient([row]) : ((CpuTrainer)trainer).Gradient([row]);

    private static IDecoderTrainer Open(bool torch)
    {
        var weights = Tiny.Weights(Tiny.Config);
        return torch ? new TorchTrainer(weights, options: new TorchOptions { MaxBatchTokens = 40 }) : new CpuTrainer(weights);
    }
}
