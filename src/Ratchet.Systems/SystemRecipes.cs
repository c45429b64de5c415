using Ratchet.Recipes;
using Ratchet.Systems.AlpacaFarm;
using Ratchet.Systems.BfsProver;
using Ratchet.Systems.ChainOfExperts;
using Ratchet.Systems.EchoChamber;
using Ratchet.Systems.ExpertIteration;
using Ratchet.Systems.Studies;

namespace Ratchet.Systems;

/// <summary>The recipe types of all systems.</summary>
public static class SystemRecipes
{
    /// <summary>A catalog with every system of this project.</summary>
    public static RecipeCatalog Catalog { get; } = new RecipeCatalog()
        .Add<ExpertIterationRecipe>(ExpertIterationRecipe.SystemName)
        .Add<BfsProverRecipe>(BfsProverRecipe.SystemName)
        .Add<ChainOfExpertsRecipe>(ChainOfExpertsRecipe.SystemName)
        .Add<EchoChamberRecipe>(EchoChamberRecipe.SystemName)
        .Add<AlpacaFarmRecipe>(AlpacaFarmRecipe.SystemName)
        .Add<StudyRecipe>(StudyRecipe.SystemName);
}
