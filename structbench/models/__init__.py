"""What is compared: one family a file, one line each in MODELS."""

from structbench.models.cnn import CNN
from structbench.models.fnn import FNN, SoftmaxRegression
from structbench.models.gat import GAT
from structbench.models.gcn import GCN
from structbench.models.lenet import LeNet5
from structbench.models.resnet import Plain, ResNet
from structbench.models.rnn import RNN
from structbench.models.sage import SAGE
from structbench.models.spec import ModelSpec as ModelSpec
from structbench.models.transformer import Transformer
from structbench.models.zoo import (
    VGG19,
    AlexNet,
    ResNet152,
    SENet154,
    SEResNet152,
    Timm,
    Torchvision,
)

MODELS: dict[str, type[ModelSpec]] = {
    "cnn": CNN,
    "fnn": FNN,
    "linear": SoftmaxRegression,
    "lenet5": LeNet5,
    "plain": Plain,
    "resnet": ResNet,
    "rnn": RNN,
    "transformer": Transformer,
    "gcn": GCN,
    "sage": SAGE,
    "gat": GAT,
    "alexnet": AlexNet,
    "vgg19": VGG19,
    "resnet152": ResNet152,
    "seresnet152": SEResNet152,
    "senet154": SENet154,
    "torchvision": Torchvision,
    "timm": Timm,
}
