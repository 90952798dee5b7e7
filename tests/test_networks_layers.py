import pytest
import torch
import torchvision

from plotopt.errors import PlotoptError
from plotopt.networks import list_layers, list_models
from plotopt.networks.layers import dissect
from plotopt.networks.zoo import build_model, crop_size_px, normalisation


def table(model):
    return {layer.name: (layer.node, layer.channels) for layer in list_layers(model)}


def test_vgg16_goes_by_its_usual_names():
    names = table("vgg16")
    assert list(names)[:12] == [
        *("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"),
        *("conv2_1", "relu2_1", "conv2_2", "relu2_2", "pool2"),
        *("conv3_1", "relu3_1"),
    ]
    assert list(names)[-6:] == ["avgpool", "fc6", "relu6", "fc7", "relu7", "fc8"]
    assert len(names) == 13 + 13 + 5 + 6
    # Places in torchvision's features, counted by hand.
    assert names["conv3_3"] == ("features.14", 256)
    assert names["relu3_3"] == ("features.15", 256)
    assert names["pool3"] == ("features.16", 256)
    assert names["conv4_2"] == ("features.19", 512)
    assert names["conv5_3"] == ("features.28", 512)
    assert names["pool5"] == ("features.30", 512)
    assert names["fc6"] == ("classifier.0", 4096)
    assert names["relu7"] == ("classifier.4", 4096)
    assert names["fc8"] == ("classifier.6", 1000)


@pytest.mark.parametrize(
    ("model", "name", "node", "channels"),
    [
        ("vgg11", "conv2_1", "features.3", 128),
        ("vgg11", "conv5_2", "features.18", 512),
        ("vgg13", "conv5_2", "features.22", 512),
        ("vgg19", "conv3_4", "features.16", 256),
        ("vgg19", "conv5_4", "features.34", 512),
        ("vgg16_bn", "conv3_3", "features.20", 256),
        ("vgg16_bn", "bn3_3", "features.21", 256),
        ("vgg16_bn", "relu3_3", "features.22", 256),
        ("vgg19_bn", "pool5", "features.52", 512),
    ],
)
def test_the_other_vggs(model, name, node, channels):
    assert table(model)[name] == (node, channels)


@pytest.mark.parametrize(
    ("model", "name", "node", "channels"),
    [
        ("alexnet", "features.10", "features.10", 256),
        ("resnet50", "layer3", "layer3.5.relu_2", 1024),
        ("resnet50", "layer3.1.conv2", "layer3.1.conv2", 256),
        ("densenet121", "features.denseblock1", "features.denseblock1.cat", 256),
        ("inception_v3", "Mixed_5d", "Mixed_5d.cat", 288),
        ("vit_b_16", "encoder.layers.encoder_layer_3.mlp", "encoder.layers.encoder_layer_3.mlp", 768),
        ("swin_t", "features.3", "features.3.1.add_1", 192),
        ("convnext_tiny", "features.3", "features.3.2.add", 192),
        ("efficientnet_b0", "features.4.0.block.0", "features.4.0.block.0", 240),
        ("googlenet", "inception4a", "inception4a.cat", 512),
        ("mobilenet_v3_small", "features.5", "features.5.add", 40),
        ("regnet_y_400mf", "trunk_output.block2", "trunk_output.block2.block2-2.activation", 104),
    ],
)
def test_every_family_can_be_listed(model, name, node, channels):
    names = table(model)
    assert names[name] == (node, channels)
    assert all(channels > 3 for _, channels in names.values())
    assert list(names)[-1].split(".")[0] in ("fc", "classifier", "heads", "head")


def test_layers_come_in_forward_order_and_modules_after_their_parts():
    names = list(table("resnet18"))
    assert names[:4] == ["conv1", "bn1", "relu", "maxpool"]
    at = names.index("layer1")
    assert names[at - 3 : at + 1] == ["layer1.1.add", "layer1.1.relu_1", "layer1.1", "layer1"]


def test_layers_not_listed_can_be_asked_for():
    resnet = dissect("resnet18")
    assert resnet.find("layer2.0.downsample").node == "layer2.0.downsample.1"
    assert resnet.find("flatten").channels == 512
    vgg = dissect("vgg16")
    assert vgg.find("features.14").channels == vgg.find("conv3_3").channels == 256
    assert vgg.find("features").node == "features.30"


def test_where_the_channels_are():
    axis = {layer.name: layer.channel_axis for layer in list_layers("swin_t")}
    assert (axis["features.0.0"], axis["features.3"], axis["norm"], axis["avgpool"]) == (1, 3, 3, 1)
    axis = {layer.name: layer.channel_axis for layer in list_layers("vit_b_16")}
    assert (axis["conv_proj"], axis["encoder.ln"], axis["heads.head"]) == (1, 2, 1)


@pytest.mark.parametrize(
    ("model", "name", "parts"),
    [
        ("vgg16", "conv3_4", ("conv3_3", "plotopt neuron vgg16 lists")),
        ("vgg16", "Conv3_3", ("conv3_3",)),
        ("resnet18", "layer5", ("layer4",)),
        ("vgg16", "x", ("has no layer 'x'",)),
        ("vgg16", "conv3_3" * 999, ("has no layer",)),
        ("vgg16", ".*", ("has no layer",)),
    ],
)
def test_an_unknown_layer_gets_the_nearest(model, name, parts):
    anatomy = dissect(model)
    with pytest.raises(PlotoptError) as caught:
        anatomy.find(name)
    message = str(caught.value)
    assert all(part in message for part in parts)
    assert len(message) < 300
    assert "\n" not in message


def test_an_unknown_model_gets_the_nearest():
    with pytest.raises(PlotoptError, match=r"no classification model 'vgg61': the nearest are .*vgg16"):
        list_layers("vgg61")
    with pytest.raises(PlotoptError, match="the nearest are vgg16"):
        list_layers("VGG16")
    with pytest.raises(PlotoptError, match="use one such as vgg16"):
        list_layers("\n" * 1000)
    # Detection, segmentation and the quantised are other families.
    with pytest.raises(PlotoptError):
        list_layers("fcn_resnet50")


def test_models_are_torchvisions_classifiers():
    models = list_models()
    assert models == sorted(models)
    assert {"vgg16", "resnet50", "vit_b_16"} <= set(models) <= set(torchvision.models.list_models())
    assert not {"fcn_resnet50", "quantized_resnet50", "raft_small"} & set(models)


def test_building_holds_no_weights_and_moves_no_random_state():
    before = torch.get_rng_state()
    for name in ("swin_t", "regnet_y_400mf", "vgg19"):
        held = sum(p.numel() for p in build_model(name).parameters() if not p.is_meta)
        assert held < 30_000
    assert torch.equal(torch.get_rng_state(), before)


def test_figures_of_the_published_weights():
    assert crop_size_px("inception_v3") == 299
    # These were trained with pictures from -1 to 1, others with ImageNet's figures.
    mean, std = normalisation("efficientnet_v2_l")
    assert mean.flatten().tolist() == std.flatten().tolist() == [0.5] * 3
    assert normalisation("vgg16")[0].flatten().tolist() == pytest.approx([0.485, 0.456, 0.406])
